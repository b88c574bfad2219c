/* One step of a small GAN as plain C: what the arithmetic costs with nothing around it.

   Both networks are 1 -> 32 -> 32 -> 1, the generator with ReLU, the discriminator with leaky ReLU
   of slope 0.2. A step is one D-step on fresh data and noise and one G-step on fresh noise, the
   non-saturating loss, Adam for both; a row of the two losses is kept. Weights are flat, layer by
   layer, matrix (out, in) before bias, as torch.nn.Linear holds them. Built as a shared library:

       gcc -O3 -shared -fPIC -o fused.so fused.c -lm

   Inner loops run over the 32 units and have no branches, and weight gradients are gathered for
   eight samples at once, so that -O3 alone turns them into vector instructions. Nothing is written
   for one processor. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef BATCH
#define BATCH 256
#endif
#define W 32
#define BLOCK 8
#define SLOPE_G 0.0f
#define SLOPE_D 0.2f
#define BETA1 0.5f
#define BETA2 0.999f
#define RATE 1e-3f
#define EPS 1e-8f
#define CENTRE 2.0f
#define SIGMA 0.5f

typedef struct {
    float w1[W], b1[W], w2[W][W], b2[W], w3[W], b3;
} Net;

enum { SIZE = sizeof(Net) / sizeof(float) };

typedef struct {
    Net net, grad, mean, square;
    float turned[W][W]; /* w2 as (in, out) */
    float h1[2 * BATCH][W], h2[2 * BATCH][W];
    long updates;
} Player;

static Player G, D;

/* Random numbers: xoshiro256+ (Blackman & Vigna 2018) and the ziggurat of 128 layers (Marsaglia &
   Tsang 2000), whose rightmost edge and area for the half density exp(-x²/2) are given there. */

static uint64_t s[4];
static float edge[129], height[129];
static const double RIGHT = 3.442619855899, AREA = 9.91256303526217e-3;

static inline uint64_t bits(void)
{
    const uint64_t result = s[0] + s[3], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

static inline float uniform(void) { return ((bits() >> 40) + 0.5f) * 0x1p-24f; }

static void seed_with(uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64 */
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        s[i] = z ^ (z >> 31);
    }
    double x = RIGHT, y = exp(-x * x / 2);
    edge[0] = AREA / y; /* the lowest layer, its tail laid flat */
    edge[1] = x;
    height[0] = 0;
    height[1] = y;
    for (int i = 2; i < 128; i++) {
        y += AREA / x;
        x = sqrt(-2 * log(y));
        edge[i] = x;
        height[i] = y;
    }
    edge[128] = 0;
    height[128] = 1;
}

static float normal(void)
{
    for (;;) {
        const uint64_t r = bits();
        const int layer = (r >> 32) & 127;
        const float sign = (r >> 39) & 1 ? -1.0f : 1.0f;
        const float x = (r >> 40) * 0x1p-24f * edge[layer];
        if (x < edge[layer + 1])
            return sign * x;
        if (layer == 0) { /* beyond the right edge: Marsaglia 1964 */
            float a, b;
            do {
                a = -logf(uniform()) / (float)RIGHT;
                b = -logf(uniform());
            } while (2 * b < a * a);
            return sign * ((float)RIGHT + a);
        }
        if (height[layer] + uniform() * (height[layer + 1] - height[layer]) < expf(-x * x / 2))
            return sign * x;
    }
}

static void draw_noise(float *z)
{
    for (int n = 0; n < BATCH; n++)
        z[n] = normal();
}

static void draw_data(float *x)
{
    for (int n = 0; n < BATCH; n++)
        x[n] = (bits() >> 63 ? CENTRE : -CENTRE) + SIGMA * normal();
}

/* Networks */

static void turn(Player *p)
{
    for (int i = 0; i < W; i++)
        for (int j = 0; j < W; j++)
            p->turned[j][i] = p->net.w2[i][j];
}

static inline float dot(const float *a, const float *b)
{
    float part[8] = {0};
    for (int i = 0; i < W; i += 8)
        for (int k = 0; k < 8; k++)
            part[k] += a[i + k] * b[i + k];
    return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7]));
}

/* What an activation multiplies t by: 1 where t > 0, else its slope. An activation of slope 0 makes
   -0 of what is negative, so the sign of the activation tells as well as that of t. */
static inline float bend(float t, float slope)
{
    return (1 + slope) / 2 + copysignf((1 - slope) / 2, t);
}

/* out += in · m, for one sample */
static inline void through(float *restrict out, const float *restrict in, const float m[W][W])
{
    for (int i = 0; i < W; i++)
        for (int j = 0; j < W; j++)
            out[j] += in[i] * m[i][j];
}

static void forward(Player *p, const float *x, float *y, int from, int count, float slope)
{
    const Net *net = &p->net;
    for (int n = 0; n < count; n++) {
        float *h1 = p->h1[from + n], *h2 = p->h2[from + n], a[W];
        for (int j = 0; j < W; j++) {
            const float t = net->w1[j] * x[n] + net->b1[j];
            h1[j] = t * bend(t, slope);
            a[j] = net->b2[j];
        }
        through(a, h1, p->turned);
        for (int j = 0; j < W; j++)
            h2[j] = a[j] * bend(a[j], slope);
        y[n] = net->b3 + dot(net->w3, h2);
    }
}

/* Take dy, the slopes of the loss by the outputs, back: into the gradient if there is one to be
   had, and into dx if somebody asks for the slopes by the inputs. */
static void backward(Player *p, const float *x, const float *dy, int from, int count, float slope,
                     Net *grad, float *dx)
{
    const Net *net = &p->net;
    for (int begin = 0; begin < count; begin += BLOCK) {
        float d2[BLOCK][W], d1[BLOCK][W];
        for (int k = 0; k < BLOCK; k++) {
            const int n = begin + k;
            const float *h1 = p->h1[from + n], *h2 = p->h2[from + n];
            for (int j = 0; j < W; j++) {
                d2[k][j] = dy[n] * net->w3[j] * bend(h2[j], slope);
                d1[k][j] = 0;
            }
            through(d1[k], d2[k], net->w2);
            for (int j = 0; j < W; j++)
                d1[k][j] *= bend(h1[j], slope);
            if (dx)
                dx[n] = dot(d1[k], net->w1);
        }
        if (!grad)
            continue;
        const float(*h1)[W] = (const float(*)[W])p->h1[from + begin];
        for (int i = 0; i < W; i++)
            for (int j = 0; j < W; j++) {
                float sum = grad->w2[i][j];
                for (int k = 0; k < BLOCK; k++)
                    sum += d2[k][i] * h1[k][j];
                grad->w2[i][j] = sum;
            }
        for (int k = 0; k < BLOCK; k++) {
            const int n = begin + k;
            const float *h2 = p->h2[from + n];
            for (int j = 0; j < W; j++) {
                grad->w3[j] += dy[n] * h2[j];
                grad->b2[j] += d2[k][j];
                grad->w1[j] += d1[k][j] * x[n];
                grad->b1[j] += d1[k][j];
            }
            grad->b3 += dy[n];
        }
    }
}

static inline float softplus(float t) { return log1pf(expf(-fabsf(t))) + (t > 0 ? t : 0); }
static inline float sigmoid(float t) { return 1 / (1 + expf(-t)); }

/* Leave D's gradient in its place and return its loss. */
static float judge(const float *data, const float *z)
{
    static float x[2 * BATCH], said[2 * BATCH], slopes[2 * BATCH];
    float loss = 0;
    memcpy(x, data, BATCH * sizeof *x);
    forward(&G, z, x + BATCH, 0, BATCH, SLOPE_G);
    forward(&D, x, said, 0, 2 * BATCH, SLOPE_D);
    for (int n = 0; n < BATCH; n++) {
        loss += softplus(-said[n]) + softplus(said[BATCH + n]);
        slopes[n] = -sigmoid(-said[n]) / BATCH;
        slopes[BATCH + n] = sigmoid(said[BATCH + n]) / BATCH;
    }
    memset(&D.grad, 0, sizeof D.grad);
    backward(&D, x, slopes, 0, 2 * BATCH, SLOPE_D, &D.grad, 0);
    return loss / BATCH;
}

/* Leave G's gradient in its place and return its loss. */
static float forge(const float *z)
{
    static float x[BATCH], said[BATCH], slopes[BATCH], dx[BATCH];
    float loss = 0;
    forward(&G, z, x, 0, BATCH, SLOPE_G);
    forward(&D, x, said, 0, BATCH, SLOPE_D);
    for (int n = 0; n < BATCH; n++) {
        loss += softplus(-said[n]);
        slopes[n] = -sigmoid(-said[n]) / BATCH;
    }
    backward(&D, x, slopes, 0, BATCH, SLOPE_D, 0, dx);
    memset(&G.grad, 0, sizeof G.grad);
    backward(&G, z, dx, 0, BATCH, SLOPE_G, &G.grad, 0);
    return loss / BATCH;
}

static void adam(Player *p)
{
    float *restrict w = (float *)&p->net, *restrict m = (float *)&p->mean;
    float *restrict v = (float *)&p->square;
    const float *restrict g = (const float *)&p->grad;
    p->updates++;
    const float rate = RATE / (1 - powf(BETA1, p->updates));
    const float root = 1 / sqrtf(1 - powf(BETA2, p->updates));
    for (int i = 0; i < SIZE; i++) {
        m[i] += (1 - BETA1) * (g[i] - m[i]);
        v[i] = BETA2 * v[i] + (1 - BETA2) * g[i] * g[i];
        w[i] -= rate * m[i] / (sqrtf(v[i]) * root + EPS);
    }
    turn(p);
}

/* What is called from outside */

int gan_size(void) { return SIZE; }
int gan_batch(void) { return BATCH; }

void gan_start(const float *g, const float *d, uint64_t seed)
{
    memset(&G, 0, sizeof G);
    memset(&D, 0, sizeof D);
    memcpy(&G.net, g, sizeof G.net);
    memcpy(&D.net, d, sizeof D.net);
    turn(&G);
    turn(&D);
    seed_with(seed);
}

/* Take steps; rows is (steps, 2): L_D and L_G. */
void gan_play(long steps, float *rows)
{
    float x[BATCH], z[BATCH];
    for (long n = 0; n < steps; n++) {
        draw_data(x);
        draw_noise(z);
        rows[2 * n] = judge(x, z);
        adam(&D);
        draw_noise(z);
        rows[2 * n + 1] = forge(z);
        adam(&G);
    }
}

/* Take one step on given batches; the gradients are those it moved along. */
void gan_step(const float *x, const float *z_d, const float *z_g, float *row, float *grad_d,
              float *grad_g)
{
    row[0] = judge(x, z_d);
    adam(&D);
    row[1] = forge(z_g);
    adam(&G);
    memcpy(grad_d, &D.grad, sizeof D.grad);
    memcpy(grad_g, &G.grad, sizeof G.grad);
}

void gan_weights(float *g, float *d)
{
    memcpy(g, &G.net, sizeof G.net);
    memcpy(d, &D.net, sizeof D.net);
}

void gan_data(float *x) { draw_data(x); }

void gan_noise(float *z) { draw_noise(z); }
