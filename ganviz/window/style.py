"""How the window is dressed: theme, type and icons."""

from __future__ import annotations

import re
from functools import cache, partial
from math import inf

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialogButtonBox, QLabel, QWidget

from ganviz import resources
from ganviz.views.ink import BODY
from ganviz.views.theme import HALL, THEMES, Theme, mixed, palette, sized, theme

#: The name of a control's icon, kept in a property so that a change of theme can tint it anew.
ICON = "ganviz_icon"
ICON_SIZE = 18

#: The theme being worn.
_worn = [theme("light")]

#: What the user may choose.
CHOICES = {
    "system": "As the system",
    "light": "Light",
    "dark": "Dark",
    "projector": "Projector: larger type, thicker lines",
}
#: Width of a window from which on there is room for larger controls, pixels.
NARROW = 1500
#: The name of a mark on windows that dress themselves.
OWN = "ganviz_own"
#: The name of a widget's fixed width, kept in a property so that it can follow the type.
WIDTH = "ganviz_width"


def resolved(choice: str) -> str:
    """Return the theme that a choice means at present: light where the system does not say."""
    if choice in THEMES:
        return choice
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def dress(app: QApplication, name: str, wide: float = inf) -> None:
    """Give the whole application the colours of a theme.

    In a window that is not so ``wide`` its controls are no larger than those of other themes.
    """
    wanted = sized(name, 1.0 if wide < NARROW else None)
    text = sheet(wanted)
    if _worn[0] is wanted and app.styleSheet() == text:
        return  # both calls below go through every widget there is
    _worn[0] = wanted
    app.setPalette(palette(wanted))
    app.setStyleSheet(text)
    for window in app.topLevelWidgets():
        if not window.property(OWN):
            tint(window, wanted)
            fit(window)


def roomy() -> float:
    """Return how much larger the type of the controls is than usual.

    Half as much as that of the pictures: these are for the hall, the controls for who holds the
    mouse.
    """
    return 1 + (_worn[0].scale - 1) / 2


def set_width(widget: QWidget, wide: int, more: float = 0.0) -> None:
    """Give a widget a width that no layout changes, and that follows the type."""
    widget.setProperty(WIDTH, wide)
    widget.setFixedWidth(round(wide * (more or roomy())))


def fit(root: QWidget, more: float = 0.0) -> None:
    """Let every fixed width below a widget follow the type, which is so many times larger."""
    for widget in root.findChildren(QWidget):
        if wide := widget.property(WIDTH):
            set_width(widget, int(wide), more)
        widget.updateGeometry()


def tint(root: QWidget, wanted: Theme) -> None:
    """Draw every icon below a widget in the theme's colours."""
    for button in root.findChildren(QAbstractButton):
        if name := button.property(ICON):
            button.setIcon(icon(str(name), wanted))
    for label in root.findChildren(QLabel):
        if name := label.property(ICON):
            label.setPixmap(icon(str(name), wanted).pixmap(ICON_SIZE, ICON_SIZE))


def worn() -> Theme:
    """Return the theme being worn."""
    return _worn[0]


def set_icon(control: QAbstractButton | QLabel, name: str) -> None:
    """Give a control an icon, now and after every change of theme."""
    control.setProperty(ICON, name)
    if isinstance(control, QLabel):
        control.setPixmap(icon(name, _worn[0]).pixmap(ICON_SIZE, ICON_SIZE))
    else:
        control.setIcon(icon(name, _worn[0]))


def bare(buttons: QDialogButtonBox) -> None:
    """Take a platform's icons off its standard buttons: they are dark in a dark theme as well."""
    for button in buttons.buttons():
        button.setIcon(QIcon())


@cache
def icon(name: str, wanted: Theme) -> QIcon:
    """Return an icon in the colours of a theme, sharp on dense screens."""
    source = (resources() / "icons" / f"{name}.svg").read_text("utf-8")
    result = QIcon()
    faint = mixed(wanted.muted, wanted.base, 0.55)
    for mode, ink in ((QIcon.Mode.Normal, wanted.text), (QIcon.Mode.Disabled, faint)):
        renderer = QSvgRenderer(QByteArray(source.replace("currentColor", ink).encode()))
        for scale in (1, 2, 3):
            pixmap = QPixmap(ICON_SIZE * scale, ICON_SIZE * scale)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(pixmap.rect()))
            painter.end()
            pixmap.setDevicePixelRatio(scale)
            result.addPixmap(pixmap, mode)
    return result


def sheet(t: Theme, more: float = 0.0) -> str:
    """Return the style sheet of a theme: flat controls on quiet ground, one accent.

    Its type is ``more`` times larger than usual; 0: as the theme has it.
    """
    tick_of = "projector" if t.name == HALL else t.name
    icons = resources() / "icons"
    arrow, cross, apart, tick = (
        (icons / f"{name}.svg").as_posix()
        for name in ("chevron-down-grey", "x-grey", "square-grey", f"check-{tick_of}")
    )
    hover = mixed(t.raised, t.border, 0.6)
    text = f"""
    * {{ font-size: {BODY}px; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border};
        padding: 6px 8px; }}
    QLineEdit, QAbstractSpinBox, QComboBox {{ background: {t.base}; color: {t.text};
        border: 1px solid {t.border}; border-radius: 6px; padding: 0 6px; min-height: 24px;
        selection-background-color: {t.accent}; selection-color: {t.base}; }}
    QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {{ border-color: {t.axis}; }}
    QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{ border-color: {t.real}; }}
    QLineEdit[wrong="true"], QAbstractSpinBox[wrong="true"] {{ border-color: {t.generated}; }}
    QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {t.muted};
        background: {t.raised}; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ image: url({arrow}); width: 14px; height: 14px; }}
    QComboBox QAbstractItemView {{ background: {t.base}; color: {t.text};
        border: 1px solid {t.border}; selection-background-color: {t.accent};
        selection-color: {t.base}; outline: none; }}
    QSlider::groove:horizontal {{ height: 4px; background: {t.border}; border-radius: 2px; }}
    QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
    QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
        background: {t.base}; border: 1px solid {t.accent}; }}
    QSlider::handle:horizontal:hover {{ background: {hover}; }}
    QSlider::handle:horizontal:focus {{ border: 2px solid {t.real}; margin: -6px 0;
        border-radius: 8px; }}
    QSlider::sub-page:horizontal:disabled {{ background: {t.border}; }}
    QCheckBox {{ spacing: 8px; }}
    QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {t.axis};
        border-radius: 4px; background: {t.base}; }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
        image: url({tick}); }}
    QCheckBox::indicator:focus {{ border: 2px solid {t.real}; }}
    QToolButton, QPushButton {{ background: transparent; color: {t.text};
        border: 1px solid transparent; border-radius: 6px; padding: 0 8px; min-height: 26px; }}
    QPushButton {{ background: {t.raised}; border-color: {t.border}; padding: 0 12px; }}
    QToolButton:hover, QPushButton:hover {{ background: {hover}; }}
    QToolButton:pressed, QPushButton:pressed {{ background: {t.border}; }}
    QToolButton:focus, QPushButton:focus {{ border-color: {t.real}; }}
    QToolButton:disabled, QPushButton:disabled {{ color: {mixed(t.muted, t.base, 0.45)}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {t.border}; border-radius: 3px; margin: 2px;
        min-height: 32px; }}
    QScrollBar::handle:vertical:hover {{ background: {t.axis}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QMenuBar {{ background: {t.base}; padding: 2px 4px; }}
    QMenuBar::item {{ background: transparent; padding: 4px 10px; border-radius: 6px; }}
    QMenuBar::item:selected {{ background: {hover}; color: {t.text}; }}
    QMenu {{ background: {t.base}; border: 1px solid {t.border}; padding: 4px; }}
    QMenu::item {{ padding: 5px 24px 5px 24px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {hover}; color: {t.text}; }}
    QMenu::item:disabled {{ color: {t.muted}; }}
    QMenu::separator {{ height: 1px; background: {t.border}; margin: 4px 8px; }}
    QMainWindow::separator {{ background: {t.window}; width: 4px; }}
    QDockWidget {{ color: {t.text}; font-weight: 600; titlebar-close-icon: url({cross});
        titlebar-normal-icon: url({apart}); }}
    QDockWidget::title {{ background: {t.window}; padding: 8px 12px; }}
    #transport {{ background: {t.base}; border: none; border-bottom: 1px solid {t.border}; }}
    QToolBar {{ background: {t.base}; border: none; padding: 0; spacing: 0; }}
    #transport QComboBox {{ font-weight: 600; }}
    QToolButton::menu-indicator {{ image: none; }}
    #gallery, #cards, #cards > QWidget > QWidget {{ background: {t.window}; }}
    #panel, #panel > QWidget > QWidget {{ background: {t.base}; }}
    #rule {{ background: {t.border}; }}
    #section {{ font-weight: 600; text-align: left; padding: 0 4px; }}
    #quiet {{ color: {t.muted}; }}
    #complaint {{ color: {t.generated}; font-size: 12px; }}
    #mark {{ color: {t.real}; padding: 0; min-height: 20px; border: none; }}
    #small {{ padding: 0; min-height: 20px; min-width: 20px; }}
    #stepper {{ background: {t.raised}; border: 1px solid {t.border}; padding: 0;
        min-width: 24px; min-height: 24px; }}
    #stepper:hover {{ background: {hover}; }}
    #stepper:focus {{ border-color: {t.real}; }}
    #knobs QLabel {{ color: {t.text}; font-weight: 600; }}
    #knobs QLabel#complaint {{ color: {t.generated}; font-weight: 400; font-size: {BODY}px; }}
    #knobs {{ background: {t.base}; border-bottom: 1px solid {t.border}; }}
    #lessontext, #lessontext > QWidget > QWidget, #lessonfoot, #caption {{ background: {t.base}; }}
    #lessonfoot {{ border-top: 1px solid {t.border}; }}
    #caption {{ border-bottom: 1px solid {t.border}; }}
    #tour QLabel {{ background: {t.base}; }}
    #tourtitle {{ font-size: 15px; font-weight: 600; }}
    #goon {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border};
        border-radius: 6px; padding: 4px 10px; font-weight: 600; }}
    #timeline {{ background: {t.base}; border-top: 1px solid {t.border}; }}
    #footer {{ background: {t.base}; border-top: 1px solid {t.border}; }}
    #footer::item {{ border: none; }}
    #bar {{ background: {t.warning}; border-radius: 8px; }}
    #bar QLabel {{ color: {t.warning_text}; }}
    #bar[level="info"] {{ background: {t.raised}; }}
    #bar[level="info"] QLabel {{ color: {t.text}; }}
    """
    more = more or 1 + (t.scale - 1) / 2
    if more == 1:
        return text
    return re.sub(r"(border-radius: )?(\d+)px", partial(_longer, more), text)


def _longer(more: float, found: re.Match[str]) -> str:
    """Return a length of a style sheet so many times longer."""
    corner, length = found[1] or "", int(found[2]) * more
    # A corner rounder than half of a slider's handle would be none at all.
    return f"{corner}{int(length) if corner and int(found[2]) > 6 else round(length)}px"
