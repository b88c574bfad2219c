"""The main window: the composition root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QDockWidget, QMainWindow, QToolBar, QVBoxLayout, QWidget

from ganviz.catalog.games import GAMES
from ganviz.frame import Frame, Reel
from ganviz.host import EngineThread
from ganviz.presets import Preset
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.views.lanes import Lanes
from ganviz.views.stage import KINDS, lacking, without
from ganviz.window import style
from ganviz.window.about import Sheet, about, shortcuts
from ganviz.window.archive import Archive
from ganviz.window.bar import Bar
from ganviz.window.costs import Costs
from ganviz.window.desk import Desk
from ganviz.window.files import Files
from ganviz.window.footer import Footer
from ganviz.window.hand import Hand
from ganviz.window.keys import Manners
from ganviz.window.knobs import Knobs
from ganviz.window.layout import Layout
from ganviz.window.menus import Menus
from ganviz.window.messages import Messages
from ganviz.window.panel import Panel
from ganviz.window.pump import FRAMES, Pump, dropped
from ganviz.window.recent import Recent
from ganviz.window.rewind import MB, Rewind, budget_of
from ganviz.window.run import Run
from ganviz.window.scene import Scene
from ganviz.window.stagekeys import WORDS
from ganviz.window.stagemode import StageMode
from ganviz.window.timeline import Timeline
from ganviz.window.transport import Transport

if TYPE_CHECKING:
    from ganviz.lesson import Lesson
    from ganviz.window.export import Export
    from ganviz.window.lessons import Lessons
    from ganviz.window.reports import Reports
    from ganviz.window.stability import Stability
    from ganviz.window.subject import Subject
    from ganviz.window.tour import Tour

#: Time between two pieces of the window that are made while it runs already, milliseconds.
LATER_MS = 30
#: The stops of the tour, and by which word it is remembered that it was shown.
PICTURES = (
    "Two distributions",
    "Blue is the data, vermilion is what the generator makes of noise, and between them stands "
    "what the discriminator believes. All of it is true: every picture is a state of the run.",
)
PLAY = (
    "Play, pause, step",
    "Space plays and pauses, “.” takes one step, D and G move one player alone.",
)
KNOBS = (
    "Change it while it runs",
    "Whatever you turn acts at the next step. All other settings are in the controls.",
)
TIME = (
    "Nothing is lost",
    "The whole run is on tape: drag along it, play it again, or branch off with T. Ctrl+Z takes a "
    "change back, with all that came of it.",
)
LESSONS = (
    "Lessons",
    "One thing at a time, each with its text, a question to guess at, and a statement that was "
    "measured. L shows all of them; Page Down goes on to the next one.",
)
TOURED = "toured"
#: How narrow the window may be made, pixels: Qt would take the controls into account, which make
#: room for the text of a lesson where there is not enough for both.
LEAST = 1240
#: Keys that show or hide a view.
VIEW_KEYS = {"graph": ("M",)}
#: Why a view is not there to be chosen, by name; else what is drawn needs D's one or two inputs.
ABSENT = {
    "code": "Only games with an encoder have a code",
    "graph": "Only GANs have a model graph; S walks through a step in words",
}
FLAT = "Only GANs of one or two dimensions have this view"


class MainWindow(QMainWindow):
    """Knows all other parts and connects them; none of them knows it."""

    def __init__(
        self,
        preset: Preset,
        host: EngineThread | None = None,
        store: QSettings | None = None,
        first: str = "",
        recording: Path | None = None,
        lesson: Lesson | None = None,
    ) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.store = store or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "ganviz", "ganviz"
        )
        self.exit_code = 0
        self._begun = False
        self._met = False  # whether a trained frame has come
        self._title = preset.title  # as the tape says it
        self._recording = recording
        self._first = first  # a run file to be opened instead of playing the preset
        self.host = host or EngineThread(
            preset.settings,
            preset.speed,
            budget=budget_of(self.store) * MB,
            title=preset.title,
            script=() if lesson is None else lesson.played,
            recording=recording,
        )
        self._leaving = False  # whether nothing is to be asked before the window closes
        self.pump = Pump(self.host, self)
        self.run = Run(preset, self.host, self.pump, self, lesson)
        self.scene = Scene(Lanes(patient=True), self.store, self)
        self.scene.alone = self.pump.alone
        self.stage = self.scene.stage
        self.desk = Desk(preset.settings, self)
        self.manners = manners = Manners(self)
        self.transport = Transport(self.run.presets, manners)
        self.timeline = Timeline(manners)
        self.panel = Panel(self.desk, manners)
        self.knobs = Knobs(self.desk, manners)
        self.bar = Bar()
        self.messages = Messages(self.bar, self)
        self.footer = Footer()
        self.files = Files(self, self.desk, self.stage)
        self.hand = Hand(self.scene, self.files, self)
        self.rewind = Rewind(
            self.host,
            self.run,
            self.pump,
            self.scene,
            self.desk,
            self.hand,
            self.timeline,
            self.store,
            self,
        )
        self.staging = StageMode(self, self.scene, self.desk, manners, self.store)
        self.recent = Recent(self.store, self)
        self.archive = Archive(self.host, self.run, self.scene, self.recent, self)
        self.stability: Stability | None = None  # built when first asked for
        self.export: Export | None = None  # likewise
        self.reports: Reports | None = None
        self.lessons: Lessons | None = None
        self.tour: Tour | None = None
        self._lacks: tuple[frozenset[str], ...] = (frozenset(),)  # views that each game here lacks
        self._saves = False  # whether data are to be saved as soon as there are samples
        self._why: dict[str, QAction] = {}  # what their keys do then
        self._greets = False  # whether the tour begins with the first pictures
        self._numbers = QTimer(self)
        self._numbers.setInterval(200)
        self._later = QTimer(self)  # what can wait until the first frame is up
        self._arrange()
        self.layout_ = Layout(self, self.dock, self.panel, self.stage, self.store)
        self._fill_menus()
        self._connect()
        self._show_preset(preset)
        self.panel.fill(QGuiApplication.primaryScreen().availableSize().height())
        # Last, because a style sheet makes every later move of a widget dear.
        self.scene.set_theme(self.scene.choice)
        self.footer.show_status("Loading PyTorch…")
        self.layout_.restore()
        if lesson is not None:
            self._lessons().show(lesson)
        self.stage.setFocus()

    # ---- putting together -----------------------------------------------------------------------

    def _arrange(self) -> None:
        tools = QToolBar("Transport")
        tools.setObjectName("tools")
        tools.setMovable(False)
        tools.toggleViewAction().setVisible(False)
        tools.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        tools.addWidget(self.transport)
        self.addToolBar(tools)
        self.stage.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.knobs)
        column.addWidget(self.bar)
        column.addWidget(self.stage, 1)
        column.addWidget(self.timeline)
        self._column = column
        self.costs = Costs(self.host, self.pump, self.stage, middle)
        self.setCentralWidget(middle)
        self.dock = QDockWidget("Controls", self)
        self.dock.setObjectName("controls")
        self.dock.setWidget(self.panel)
        self.dock.setMinimumWidth(300)
        self.setMinimumWidth(LEAST)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock)
        self.statusBar().setObjectName("footer")
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(self.footer, 1)

    def _fill_menus(self) -> None:
        self.menus = m = Menus(self.menuBar(), self)
        run, files, scene = self.run, self.files, self.scene
        menu = m.menu("&File")
        m.act(menu, "open", "Open run, preset or settings…", files.ask_preset, "Ctrl+O")
        self.recent.fill(menu.addMenu("Open recent"))
        m.act(menu, "points", "Open points…", files.ask_points, "Ctrl+Shift+O")
        menu.addSeparator()
        m.act(menu, "save run", "Save run…", files.ask_save_run, "Ctrl+S")
        m.act(menu, "save", "Save settings as TOML…", files.ask_save_settings, "Ctrl+Alt+S")
        m.act(menu, "picture", "Save picture…", files.ask_save_picture, "Ctrl+Shift+S")
        m.act(menu, "data", "Save data…", self._save_data)
        m.act(menu, "script", "Save as PyTorch script…", self._save_script)
        m.act(menu, "save lesson", "Save as lesson…", self._save_lesson)
        m.act(menu, "film", "Export film…", self._show_export, "Ctrl+Shift+E")
        m.act(menu, "report", "Save report…", lambda: self._ask_report(False))
        m.act(menu, "hand-out", "Save hand-out…", lambda: self._ask_report(True))
        menu.addSeparator()
        m.act(menu, "quit", "Quit", self.close, "Ctrl+Q", role=QAction.MenuRole.QuitRole)
        menu = m.menu("&Edit")
        self.rewind.fill_edit(m, menu)
        m.act(menu, "copy", "Copy settings as TOML", files.copy_settings, "Ctrl+Shift+C")
        m.act(menu, "share", "Copy share string", self._copy_share, "Ctrl+Alt+C")
        m.act(
            menu, "paste", "Paste points or a share string", files.paste, "Ctrl+V", "Ctrl+Shift+V"
        )
        self.hand.fill(m, menu)
        menu = m.menu("&Run")
        m.act(menu, "play", "Play or pause", run.toggle, "Space")
        m.act(menu, "step", "One step", run.step, ".", "Right")
        m.act(menu, "d", "D-step: the discriminator alone", run.step_d, "D")
        m.act(menu, "g", "G-step: the generator alone", run.step_g, "G")
        menu.addSeparator()
        m.tick(menu, "slow", "Slow motion", run.walk, "S")
        m.act(menu, "phase", "Next phase of a step", run.next_phase, "F")
        menu.addSeparator()
        m.act(menu, "reset", "Restart with these settings", run.reset, "R")
        m.act(menu, "seed", "Restart with the next seed", run.new_seed, "N")
        m.act(menu, "again", "Restart with the preset's settings", run.open_again, "Shift+R")
        menu.addSeparator()
        m.act(menu, "compare", "Compare side by side…", self._show_compare, "C")
        m.act(menu, "stability", "Stability…", self._show_stability, "Ctrl+E")
        menu.addSeparator()
        m.presets(menu, run.presets, run.open_chosen)
        menu.addSeparator()
        m.act(menu, "next", "Next preset", run.open_next)
        m.act(menu, "previous", "Previous preset", run.open_previous)
        menu = m.menu("&Lesson")
        m.act(menu, "gallery", "All lessons…", self._show_gallery, "L")
        self.each_lesson = menu.addMenu("Open lesson")
        self.each_lesson.setToolTipsVisible(True)
        self.each_lesson.aboutToShow.connect(self._list_lessons)
        self.each_lesson.triggered.connect(self._lesson_chosen)
        self.transport.lessons.setMenu(self.each_lesson)
        menu.addSeparator()
        m.act(menu, "turn", "Next page, lesson or preset", self._turn, "PgDown")
        m.act(menu, "turn back", "Previous page, lesson or preset", self._turn_back, "PgUp")
        m.act(menu, "next lesson", "Next lesson", self._next_lesson, "Ctrl+PgDown")
        m.act(menu, "previous lesson", "Previous lesson", self._previous_lesson, "Ctrl+PgUp")
        menu.addSeparator()
        m.tick(menu, "reader", "Text of the lesson", self._show_reader, "Ctrl+L")
        m.act(menu, "into", "Into the text, and back", self._into_reader, "F6")
        m.act(menu, "free", "Free play: leave the lesson", self._leave_lesson, "Ctrl+Shift+L")
        self.rewind.fill(m, m.menu("&Tape"))
        menu = m.menu("&View")
        self._themes = m.pick(menu, "Theme", style.CHOICES, scene.choose_theme)
        m.tick(menu, "controls", "Controls", self._show_controls, "Ctrl+B", on=True)
        menu.addSeparator()
        for name, kind in KINDS.items():
            keys = VIEW_KEYS.get(name, ())
            action = m.tick(menu, f"view {name}", kind.title, scene.show_view, *keys)
            action.setData(name)
            if keys:
                self._tell_why(name, keys)
        action = m.tick(menu, "view story", "Formula and diagnosis", scene.show_view, on=True)
        action.setData("story")
        menu.addSeparator()
        self.staging.fill(m, menu)
        m.tick(menu, "full", "Full screen", self._full_screen, "F11")
        m.act(menu, "layout", "Reset layout", self._reset_layout)
        menu.addSeparator()
        m.tick(menu, "costs", "Performance", self._show_costs, "F12")
        menu = m.menu("&Help")
        m.act(menu, "tour", "Tour of the window", self._show_tour)
        m.act(menu, "keys", "Keys", self._show_keys, "?")
        m.act(menu, "about", "About ganviz", self._show_about, role=QAction.MenuRole.AboutRole)

    def _tell_why(self, name: str, keys: Iterable[str]) -> None:
        """Let the keys of a view say why it is not there, where its own command is grey."""
        why = QAction(self)
        why.setShortcuts([QKeySequence(key) for key in keys])
        why.setEnabled(False)
        why.triggered.connect(lambda: self.footer.say(ABSENT.get(name, FLAT)))
        self.addAction(why)
        self._why[name] = why

    def _connect(self) -> None:
        host, t, run = self.host, self.transport, self.run
        host.ready.connect(self._ready)
        host.adopted.connect(self._adopted)
        self.desk.adopted.connect(self._show_first)
        self._show_first(self.desk.settings)
        host.refused.connect(self._refused)
        host.troubled.connect(self._troubled)
        host.failed.connect(self._failed)
        host.waiting.connect(self._waiting)
        host.lacking.connect(self._lacking)
        host.playing_changed.connect(self._playing_changed)
        t.preset_wanted.connect(run.open_named)
        t.reset_wanted.connect(run.reset)
        t.seed_wanted.connect(run.new_seed)
        t.play_wanted.connect(run.toggle)
        t.step_wanted.connect(run.step)
        t.player_wanted.connect(run.step_player)
        t.speed_wanted.connect(run.set_speed)
        run.opened.connect(self._opened)
        run.walked.connect(self._walked)
        run.phased.connect(self.scene.show_graph)
        self.rewind.moved.connect(self._moved)
        self.stage.lane_wanted.connect(self.rewind.drive)
        self.desk.tell = self._wished
        self.stage.settings_wanted.connect(self.desk.wish)
        self.files.preset_opened.connect(run.open)
        self.files.lesson_opened.connect(self._open_lesson)
        self.files.points_opened.connect(self._points_opened)
        self.files.run_opened.connect(self.archive.open)
        self.files.run_wanted.connect(self.archive.save)
        self.files.found.connect(self.recent.add)
        self.files.missed.connect(self.recent.forget)
        self.recent.chosen.connect(self.files.open_path)
        self.archive.opened.connect(self._run_opened)
        self.archive.refused.connect(self.messages.refuse)
        self.archive.told.connect(self.footer.say)
        self.archive.offered.connect(self.messages.offer)
        self.archive.last_found.connect(self.recent.show_last)
        self.recent.last_chosen.connect(self.archive.open_last)
        self.files.refused.connect(self.messages.refuse)
        self.files.told.connect(self.footer.say)
        self.messages.back_wanted.connect(run.go_back)
        self.messages.reset_wanted.connect(run.reset_and_play)
        self.pump.arrived.connect(self._arrived)
        self.scene.changed.connect(self._show_look)
        self.dock.visibilityChanged.connect(self._controls_changed)
        self.staging.changed.connect(self._show_wants)
        self.staging.next_wanted.connect(self._next_on_stage)
        self.staging.previous_wanted.connect(self._previous_on_stage)
        self.staging.back_wanted.connect(self.menus.actions["back"].trigger)
        self.staging.step_wanted.connect(self.menus.actions["step"].trigger)
        self.staging.play_wanted.connect(self.menus.actions["play"].trigger)
        self._numbers.timeout.connect(self._show_numbers)
        self._later.timeout.connect(self._complete)

    # ---- the host speaks ------------------------------------------------------------------------

    @Slot()
    def _ready(self) -> None:
        self.transport.set_ready(True)
        self.footer.show_status("Paused")
        if self._recording is not None:
            self.archive.look_for(self._recording)
        if self._first:
            self.files.open_path(self._first)
        else:
            self.run.begin()

    @Slot(str)
    def _waiting(self, words: str) -> None:
        self._show_loading(words)
        if words:
            self.footer.show_status(words)
        elif self.transport.ready:
            self._show_status(self.host.playing)

    def _show_loading(self, words: str) -> None:
        """Say in place of the pictures what they wait for, where there are none yet."""
        self.scene.show_loading(words)
        if not self.scene.frames:
            self.staging.show_frames((), set())

    @Slot(str)
    def _lacking(self, sentence: str) -> None:
        self.messages.offer(sentence, {})

    @Slot(object)
    def _show_first(self, settings: Settings) -> None:
        """Show who moves first: D, or an encoder."""
        (player, letter), *_ = GAMES[settings.game.kind].players
        self.run.first = player
        self.transport.show_first(player, letter)
        self.menus.actions["d"].setText(f"{letter}-step: the {player} alone")

    @Slot(object)
    def _adopted(self, settings: Settings) -> None:
        self.run.opened_well()
        self.desk.adopt(settings)
        self.transport.show_seed(settings.train.seed)
        self.pump.hurry()

    @Slot(str)
    def _refused(self, sentence: str) -> None:
        if not self.desk.refuse(sentence):
            self.messages.refuse(sentence)
        if not self.transport.ready:
            self.run.nothing_open()
            self.transport.show_preset("")
            self.setWindowTitle("ganviz")
        elif self.run.refused() and self.run.preset is not None:
            self._show_lesson()
            self._show_preset(self.run.preset)

    @Slot(str)
    def _troubled(self, sentence: str) -> None:
        # A frame that still waits is older than the trouble and knows nothing of it.
        if (older := self.host.frames.take()) is not None:
            self._show_frames(older)
        frames = self.scene.frames
        self.run.walk(False)
        self.messages.show_trouble(sentence, frames[0].step if frames else 0, insist=True)
        self.pump.hurry()

    @Slot(str)
    def _failed(self, report: str) -> None:
        self.messages.show_error(report)
        if not self.scene.frames:
            self.footer.show_status("Stopped")
            self._show_loading("The trainer could not be started.")

    @Slot(bool)
    def _playing_changed(self, playing: bool) -> None:
        self.transport.show_playing(playing)
        self._show_status(playing)
        if self.scene.frames:
            self._show_frames(self.scene.frames)  # so that no view is left behind
        self.pump.hurry()

    @Slot(bool)
    def _walked(self, on: bool) -> None:
        self.menus.actions["slow"].setChecked(on)
        self._show_status(self.host.playing)

    def _show_status(self, playing: bool) -> None:
        paused = "Slow motion" if self.run.walking else self.rewind.words or "Paused"
        going = "Playing along the tape" if self.rewind.past else "Playing"
        self.footer.show_status(going if playing else paused)

    @Slot()
    def _moved(self) -> None:
        self.transport.show_past(self.rewind.past)
        if self.transport.ready:
            self._show_status(self.host.playing)

    @Slot(object)
    def _arrived(self, frames: tuple[Frame, ...]) -> None:
        """Show frames; of fast runs, and where some are dropped, the smaller views in turn."""
        if not self._met and frames[0].step > 0:
            self._met = True
            self._later.start(LATER_MS)
        fast = self.host.speed > FRAMES
        pressed = fast or dropped(self.pump.rate(), self.host.rate()) > 0
        self._show_frames(frames, hurried=self.host.playing and pressed)
        self.messages.show_trouble(frames[0].trouble, frames[0].step)
        self.rewind.poll()

    def _show_frames(self, frames: tuple[Frame, ...], hurried: bool = False) -> None:
        self.scene.show_frames(frames, hurried)
        lacks = tuple(map(lacking, frames))
        if lacks != self._lacks:
            self._lacks = lacks
            self._show_views()
            self._show_wants()
        self._ask_save_data()
        if self.lessons is not None:
            self.lessons.show_frame(frames[0], self.host.playing)
        if (hall := self.staging.hall) is not None:
            hall.caption.show_step(frames[0].step, self.host.playing)
            self.staging.show_frames(frames, self.scene.resting(hall.lanes))
        if self.scene.telling:
            self.transport.show_frame(*frames)
        self.footer.show_frame(frames[0])

    @Slot()
    def _show_numbers(self) -> None:
        self.stage.settle()
        self.staging.settle()
        self.rewind.poll()
        self._show_title()
        self.transport.show_rates(self.host.rate(), self.pump.rate())
        if self.scene.frames:
            frame = self.scene.frames[0]
            self.panel.show_readings(frame.measures, frame.dim)

    def _show_title(self) -> None:
        """Show what the game is called where it has become another one: by taking back, say."""
        title = self.rewind.title
        if title and title != self._title:
            self._title = title
            if self.run.preset is None or title != self.run.preset.title:
                self._name(title)
                self._show_lesson()
                if self.run.preset is not None:
                    self._show_preset(self.run.preset)
                else:
                    self.transport.show_preset("")
                    self.setWindowTitle(f"{title} – ganviz")

    def _name(self, title: str) -> None:
        lesson = self.lessons.titled(title) if self.lessons is not None else None
        self.run.name(title, lesson)

    # ---- the user wishes ------------------------------------------------------------------------

    def _wished(self, values: Mapping[str, Any]) -> None:
        self.messages.clear()
        file = values.get("data.file") or self.desk.settings.data.file
        if values.get("data.target") == "file" and not file:
            self.desk.forget()
            self.desk.adopt(self.desk.settings)
            self.files.ask_points()
        else:
            self.run.change(values)

    @Slot(str)
    def _points_opened(self, path: str) -> None:
        self.desk.wish({"data.target": "file", "data.file": path})

    @Slot()
    def _save_data(self) -> None:
        self._saves = bool(self.scene.frames)
        self._ask_save_data()
        self._show_wants()

    def _ask_save_data(self) -> None:
        """Ask where data shall be saved, once there is a frame with samples: they may be hidden."""
        if self._saves and self.scene.frames[0].draws:
            self._saves = False
            self._show_wants()
            self.files.ask_save_data(self.scene.frames[0])

    @Slot()
    def _save_script(self) -> None:
        title = self.run.preset.title if self.run.preset is not None else ""
        reel = self.host.reel
        branch, step = reel.lanes[0] if reel.lanes else (0, 0)
        marks = reel.journal(branch) if reel.lanes else ()
        self.files.ask_save_script(title, step, marks)

    @Slot()
    def _save_lesson(self) -> None:
        from ganviz.lesson import drafted, parsed, revised, written
        from ganviz.script import begun, done
        from ganviz.window.belongings import lessons_folder

        reel = self.host.reel
        branch, step = reel.lanes[0] if reel.lanes else (0, 0)
        marks = reel.journal(branch) if reel.lanes else ()
        knobs, look, speed = tuple(self.knobs.knobs), self.scene.look, self.host.speed
        try:
            settings = begun(self.desk.settings, marks, step)
            changes = done(marks, step + 1)  # what was changed right here as well
        except ParamError as error:
            self.messages.refuse(str(error))
            return

        def draft(name: str) -> Lesson:
            return drafted(
                settings,
                look,
                name=name,
                title=name.replace("-", " ").capitalize(),
                knobs=knobs,
                steps=max(step, 1),
                speed=speed,
                script=changes,
            )

        def revise(name: str) -> Lesson:
            assert lesson is not None
            return revised(
                lesson, settings, look, name=name, speed=speed, step=step, changes=changes
            )

        lesson = self.run.lesson
        if lesson is None:
            self.files.ask_save_lesson(lessons_folder(), draft, "my-lesson")
            return
        try:  # its texts and observations may be of what is no longer there
            parsed(lesson.name, written(revise(lesson.name)), lesson.title)
        except ParamError as error:
            self.footer.say(f"Without the lesson's text, which does not fit this game: {error}")
            self.files.ask_save_lesson(lessons_folder(), draft, f"my-{lesson.name}")
        else:
            self.files.ask_save_lesson(lessons_folder(), revise, f"my-{lesson.name}")

    @Slot()
    def _copy_share(self) -> None:
        title = self.run.preset.title if self.run.preset is not None else ""
        self.files.copy_share(title, self.host.speed)

    @Slot(object)
    def _opened(self, preset: Preset) -> None:
        self.bar.dismiss()
        self.desk.forget()
        self.desk.adopt(preset.settings)
        self._show_lesson()
        self._show_preset(preset)

    @Slot(str)
    def _run_opened(self, title: str) -> None:
        self.bar.dismiss()
        self.desk.forget()
        self._show_lesson()
        self.staging.show_lesson(self.run.lesson, tuple(self.knobs.knobs))
        self.transport.show_preset("")
        self.setWindowTitle(f"{title} – ganviz" if title else "ganviz")
        self._title = ""  # what the tape says of it is to be shown

    def _show_preset(self, preset: Preset) -> None:
        lesson = self.run.lesson
        self.knobs.offer(preset.knobs if lesson is None or lesson.controls else ())
        self.transport.show_preset(preset.name if lesson is None else "", lesson)
        self.staging.show_lesson(lesson, preset.knobs)
        self.transport.show_speed(preset.speed)
        self.transport.show_seed(preset.settings.train.seed)
        self.setWindowTitle(f"{preset.title} – ganviz")

    # ---- lessons --------------------------------------------------------------------------------

    def _lessons(self) -> Lessons:
        """Return what shows lessons, built when the first one is asked for."""
        if self.lessons is None:
            from ganviz.window.lessons import Lessons

            self.lessons = Lessons(
                self,
                self.run,
                self.scene,
                self.desk,
                self.manners,
                self.dock,
                self._column,
                self.host,
            )
            self.run.waits = self.lessons.waits
            self.lessons.asked.connect(self._digits_answer)
            self.lessons.polled.connect(self.staging.show_poll)
            self.staging.lend(self.lessons.keys)
            self.lessons.told.connect(self.footer.say)
            self.lessons.free_wanted.connect(self._leave_lesson)
            self.lessons.refused.connect(self.messages.refuse)
            self.lessons.dock.visibilityChanged.connect(self._controls_changed)
        return self.lessons

    def _show_lesson(self) -> None:
        """Show the lesson that is open, or put the one away that was."""
        if self.run.lesson is not None:
            self._lessons().show(self.run.lesson)
        elif self.lessons is not None:
            self.lessons.leave()

    @Slot()
    def greet(self) -> None:
        """Show who opens ganviz for the first time around; never again after that.

        The window plays at once, as it always does: a page to start from would stand before it.
        """
        if not self.store.contains(TOURED):
            self.store.setValue(TOURED, True)
            self._greets = True

    @Slot(bool)
    def _show_costs(self, on: bool) -> None:
        """Show what each part of the work takes; the tour's card would lie over it."""
        if on and self.tour is not None and self.tour.running:
            self.tour.end()
        self.costs.show_costs(on)

    @Slot()
    def _show_tour(self) -> None:
        if self.tour is None:
            from ganviz.window.tour import Stop, Tour  # for who is new

            self.tour = Tour(
                self,
                [
                    Stop(*PICTURES, lambda: self.stage.view("distribution")),
                    Stop(*PLAY, lambda: self.transport.play),
                    Stop(*KNOBS, lambda: self.knobs),
                    Stop(*TIME, lambda: self.timeline),
                    Stop(*LESSONS, lambda: self.transport.lessons),
                ],
            )
            self.tour.ended.connect(self.stage.setFocus)
        self.tour.begin()

    @Slot(bool)
    def _digits_answer(self, on: bool) -> None:
        """Let the digits open presets, or leave them to a question."""
        self.menus.number_presets(not on)

    @Slot()
    def _show_gallery(self) -> None:
        self._lessons().show_all()

    @Slot()
    def _list_lessons(self) -> None:
        self._lessons().fill(self.each_lesson)

    @Slot(QAction)
    def _lesson_chosen(self, action: QAction) -> None:
        self._lessons().open_chosen(action)

    @Slot(object)
    def _open_lesson(self, lesson: Lesson) -> None:
        self._lessons().open(lesson)

    @Slot()
    def _turn(self) -> None:
        if self.run.lesson is not None:
            self._lessons().turn()
        else:
            self.run.open_next()

    @Slot()
    def _turn_back(self) -> None:
        if self.run.lesson is not None:
            self._lessons().turn_back()
        else:
            self.run.open_previous()

    @Slot()
    def _next_lesson(self) -> None:
        self._lessons().open_next()

    @Slot()
    def _previous_lesson(self) -> None:
        self._lessons().open_previous()

    @Slot()
    def _next_on_stage(self) -> None:
        # Pages are turned where they can be read; a remote has no key to go on with but this one.
        covered = self.staging.covers and self.run.lesson is not None
        if covered and self._lessons().stands:
            self.run.play()
        else:
            self.menus.actions["next lesson" if covered else "turn"].trigger()

    @Slot()
    def _previous_on_stage(self) -> None:
        covered = self.staging.covers and self.run.lesson is not None
        self.menus.actions["previous lesson" if covered else "turn back"].trigger()

    @Slot(bool)
    def _show_reader(self, on: bool) -> None:
        if self.run.lesson is not None:
            self._lessons().dock.setVisible(on)
        else:
            self._lessons().open_next()

    @Slot()
    def _into_reader(self) -> None:
        """Let the keys go to the text's buttons, or back to the pictures."""
        if self.lessons is None or self.run.lesson is None:
            return
        reader, focus = self.lessons.reader, self.focusWidget()
        if focus is not None and reader.isAncestorOf(focus):
            self.stage.setFocus()
        else:
            self.lessons.dock.show()
            reader.take_focus()

    @Slot()
    def _leave_lesson(self) -> None:
        """Go on with the game as it is, without the lesson and its script."""
        if self.run.lesson is not None:
            self.run.leave_lesson()
            self._show_lesson()
            if self.run.preset is not None:
                self._show_preset(self.run.preset)

    @Slot()
    def _show_stability(self) -> None:
        if self.stability is None:
            from ganviz.window.stability import Stability  # many numbers, seldom asked for

            self.stability = Stability(self.host, self)
        self.stability.open_and_ask()

    @Slot()
    def _show_compare(self) -> None:
        from ganviz.window.compare import Compare  # seldom asked for

        knobs = self.run.preset.knobs if self.run.preset is not None else ()
        dialog = Compare(self.desk.settings, knobs, self.manners, self)
        dialog.wanted.connect(self.rewind.compare)
        dialog.open()

    @Slot()
    def _show_export(self) -> None:
        self._exports().open()

    def _exports(self) -> Export:
        """Return what makes films, which is seldom asked for, too."""
        if self.export is None:
            from ganviz.window.export import Export

            self.export = Export(self.host, self._subject, self.store, self)
            self.export.told.connect(self.footer.say)
            self._column.insertWidget(self._column.indexOf(self.stage), self.export.rows)
        return self.export

    def _ask_report(self, hand_out: bool) -> None:
        queue = self._exports().queue
        if self.reports is None:
            from ganviz.window.reports import Reports

            self.reports = Reports(self.host, lambda: self.scene.look, queue, self.store, self)
        name = self.run.preset.name if self.run.preset is not None else "run"
        self.reports.ask(hand_out, name)

    def _subject(self, reel: Reel) -> Subject:
        from ganviz.window.subject import Subject

        size = self.stage.size()
        sizes = self.stage.save_sizes().decode()
        title = self.run.preset.title if self.run.preset is not None else ""
        place = (size.width(), size.height())
        lesson = self.run.lesson
        said, called = ((), "") if lesson is None else (lesson.said, lesson.title)
        return Subject(reel, self.scene.look, sizes, place, title, said, called)

    @Slot()
    def _show_keys(self) -> None:
        escape = ("Esc", "Leave a field, end drawing, remove the probe, leave full screen")
        Sheet("Keys", shortcuts([*self.menus.rows(), escape, *WORDS]), self).open()

    @Slot()
    def _show_about(self) -> None:
        Sheet("About ganviz", about(), self).open()

    # ---- how it looks ---------------------------------------------------------------------------

    @Slot()
    def _show_look(self) -> None:
        look = self.scene.look
        self._show_wants()
        self._show_views()
        for action in self._themes.actions():
            action.setChecked(action.data() == self.scene.choice)
        self.footer.set_theme(look.theme)
        self.timeline.fit()
        self.dock.setMinimumWidth(round(300 * style.roomy()))

    def _show_views(self) -> None:
        """Tick the views that are there, and grey those that no lane's game has."""
        look, absent = self.scene.look, frozenset.intersection(*self._lacks)
        fronts = without(look, absent).with_(maximised="").seen
        for name in KINDS:
            action = self.menus.actions[f"view {name}"]
            action.setChecked(name in fronts)
            action.setEnabled(name not in absent)
            action.setToolTip("" if action.isEnabled() else ABSENT.get(name, FLAT))
            if name in self._why:
                self._why[name].setEnabled(not action.isEnabled())
        self.menus.actions["view story"].setChecked("story" not in look.hidden)

    @Slot()
    def _show_wants(self) -> None:
        wants = self.staging.wants(self.scene.look)
        self.pump.show_wants(replace(wants, draws=True) if self._saves else wants)

    @Slot(bool)
    def _show_controls(self, on: bool) -> None:
        self.dock.setVisible(on)

    @Slot(bool)
    def _controls_changed(self, on: bool) -> None:
        self.menus.actions["controls"].setChecked(not self.dock.isHidden())
        reads = self.lessons is not None and not self.lessons.dock.isHidden()
        self.menus.actions["reader"].setChecked(reads)

    @Slot(bool)
    def _full_screen(self, on: bool) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    @Slot()
    def _reset_layout(self) -> None:
        self.layout_.reset()
        self.scene.show_all()

    # ---- Qt speaks ------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin asking for frames; called by Qt."""
        super().showEvent(event)
        self.pump.run()
        self._numbers.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop asking for frames; called by Qt."""
        super().hideEvent(event)
        self.pump.rest()
        self._numbers.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the controls fit; called by Qt."""
        super().resizeEvent(event)
        self.scene.fit(self.width())
        if self.lessons is not None:
            self.lessons.fit(self.width())

    def changeEvent(self, event: QEvent) -> None:
        """Rest while minimised; called by Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.menus.actions["full"].setChecked(self.isFullScreen())
            if self.isMinimized():
                self.pump.rest()
            elif self.isVisible():
                self.pump.run()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Start the host once the first picture of the window is up; called by Qt."""
        super().paintEvent(event)
        if not self._begun:
            self._begun = True
            QTimer.singleShot(0, self._begin)

    @Slot()
    def _begin(self) -> None:
        if self.isVisible() and not self.host.isRunning():
            self.host.start()
            # What the first data are drawn with. The host needs no interpreter lock meanwhile.
            import pyqtgraph.Qt.internals  # noqa: F401

    @Slot()
    def _complete(self) -> None:
        """Make a little more of what the first pictures could do without."""
        if not self.panel.complete_some():
            self._later.stop()
            if self._greets:
                self._greets = False
                self._show_tour()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Escape lead out of a field, of a drawing, of full screen; called by Qt."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.tour is not None and self.tour.running:
            self.tour.end()
        elif self.hand.escape():
            pass
        elif self.rewind.reel.busy is not None:
            self.rewind.cancel()
        elif self.isFullScreen() and self.focusWidget() is self.stage:
            self._full_screen(False)
        else:
            self.stage.setFocus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files; called by Qt."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the file that was dropped; called by Qt."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                event.acceptProposedAction()
                self.files.open_path(url.toLocalFile())
                return

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout and end the thread; called by Qt."""
        if (
            self.export is not None
            and not self._leaving
            and not self.export.may_close(self.leave_now)
        ):
            event.ignore()
            return
        self.staging.stop()
        if self.lessons is not None:
            self.lessons.leave()  # what is remembered is how the window was before
        self.layout_.remember()
        self.scene.remember()
        self.store.sync()
        if self.stability is not None:
            self.stability.close()
        self.costs.show_costs(False)
        self.hide()
        self.archive.stop()
        if self.export is not None:
            self.export.stop()
        self.host.stop()
        super().closeEvent(event)

    @Slot(int)
    def leave(self, number: int) -> None:
        """Close because the terminal asked for it, by the signal of that number."""
        self.exit_code = 128 + number
        self.leave_now()

    @Slot()
    def leave_now(self) -> None:
        """Close, whatever is still being made."""
        self._leaving = True
        self.close()
