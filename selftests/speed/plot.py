# SPDX-License-Identifier: GPL-2.0
"""Draw instructions per byte over the size of a job, both logarithmic, as SVG."""

import math

PANEL_WIDTH, PANEL_HEIGHT = 300, 250
LEFT, TOP, GAP_X, GAP_Y, LEGEND = 70, 50, 28, 66, 190

TITLES = {"ctr": "AES-128-CTR", "cbc-dec": "AES-128-CBC", "gcm": "AES-128-GCM",
          "read": "read() of a file"}
X_TICKS = [(188, "188"), (1316, "1316"), (4096, "4 Ki"), (65536, "64 Ki"), (1 << 20, "1 Mi")]
Y_TICKS = [0.2, 0.5, 1, 2, 5, 10, 20, 50]
X_RANGE = (130, 1.6e6)
Y_RANGE = (0.2, 70)

# Colours that the colour-blind can tell apart; the shape of the marks says the same.
STYLES = {
    "cask-batch": ("#d55e00", "circle", 2.5), "cask-read": ("#d55e00", "circle", 2.5),
    "clear-read": ("#555555", "square", 1.5), "crypto-api": ("#0072b2", "square", 1.5),
    "aesni": ("#888888", "triangle", 1.5), "evp": ("#009e73", "diamond", 1.5),
    "af_alg": ("#cc79a7", "triangle", 1.5),
}


def text(x, y, content, anchor="middle", size=12, more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{more}>'
            f"{content}</text>")


def line(x1, y1, x2, y2, colour="#dddddd"):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def mark(x, y, colour, shape):
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'
    corners = {"square": [(-4, -4), (4, -4), (4, 4), (-4, 4)],
               "diamond": [(0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)],
               "triangle": [(0, -5), (5, 4), (-5, 4)]}[shape]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'


def scale(value, least, most):
    """Where a value lies between the ends of a logarithmic axis, 0 to 1."""
    return math.log(value / least) / math.log(most / least)


class Panel:
    """One operation on one kernel."""

    def __init__(self, column, row):
        self.left = LEFT + column * (PANEL_WIDTH + GAP_X)
        self.top = TOP + row * (PANEL_HEIGHT + GAP_Y)

    def x(self, size):
        return self.left + PANEL_WIDTH * scale(size, *X_RANGE)

    def y(self, insns):
        return self.top + PANEL_HEIGHT * (1 - scale(insns, *Y_RANGE))

    def frame(self, title, first):
        right, bottom = self.left + PANEL_WIDTH, self.top + PANEL_HEIGHT
        out = [text(self.left + PANEL_WIDTH / 2, self.top - 10, title, size=14)]
        for size, label in X_TICKS:
            out += [line(self.x(size), self.top, self.x(size), bottom),
                    text(self.x(size), bottom + 16, label, size=11)]
        for insns in Y_TICKS:
            out.append(line(self.left, self.y(insns), right, self.y(insns)))
            if first:
                out.append(text(self.left - 6, self.y(insns) + 4, f"{insns:g}", "end", 11))
        out.append(f'<rect x="{self.left}" y="{self.top}" width="{PANEL_WIDTH}" '
                   f'height="{PANEL_HEIGHT}" fill="none" stroke="#333333"/>')
        return out

    def curve(self, points, style):
        colour, shape, width = style
        places = [(self.x(size), self.y(insns)) for size, insns in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>',
                *(mark(x, y, colour, shape) for x, y in places)]


def legend(lanes, left):
    out = []
    for n, lane in enumerate(lanes):
        colour, shape, width = STYLES[lane]
        y = TOP + 14 + 24 * n
        out += [f'<line x1="{left}" y1="{y}" x2="{left + 30}" y2="{y}" stroke="{colour}" '
                f'stroke-width="{width}"/>', mark(left + 15, y, colour, shape),
                text(left + 40, y + 4, lane, "start", 13)]
    return out


def draw(kernels, lanes):
    """The SVG of [(kernel, {(lane, op, bytes, batch): instructions per job})]."""
    right = LEFT + len(TITLES) * (PANEL_WIDTH + GAP_X)
    height = TOP + len(kernels) * (PANEL_HEIGHT + GAP_Y)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right + LEGEND} {height}" '
           'font-family="sans-serif" fill="#222222">',
           f'<rect width="{right + LEGEND}" height="{height}" fill="#ffffff"/>']
    for row, (kernel, insns) in enumerate(kernels):
        for column, op in enumerate(TITLES):
            panel = Panel(column, row)
            out += panel.frame(f"{TITLES[op]}, Linux {kernel}", column == 0)
            for lane in lanes:
                points = [(size, count / size) for (of, what, size, _), count in insns.items()
                          if of == lane and what == op]
                if points:
                    out += panel.curve(points, STYLES[lane])
        middle = panel.top + PANEL_HEIGHT / 2
        out += [text(18, middle, "instructions per byte", size=12,
                     more=f' transform="rotate(-90 18 {middle:.1f})"'),
                text(LEFT + (right - LEFT) / 2, panel.top + PANEL_HEIGHT + 38, "bytes of a job")]
    out += legend(lanes, right)
    return "\n".join([*out, "</svg>"]) + "\n"
