"""Draw docs/images/overview-light.svg and overview-dark.svg, the AWS resources of a catalog. `make docs` runs this.

python -m tools.pictures FOLDER
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 960, 400
_FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colors of one picture, the same as on GitHub's pages."""

    page: str
    ink: str
    faint: str
    line: str
    box: str
    accent: str
    service: str
    proxy: str


THEMES = {
    "light": Theme(page="#ffffff", ink="#1f2328", faint="#59636e", line="#818b98", box="#f6f8fa", accent="#0969da",
                   service="#ddf4ff", proxy="#fff8c5"),
    "dark": Theme(page="#0d1117", ink="#f0f6fc", faint="#9198a1", line="#656c76", box="#151b23", accent="#4493f8",
                  service="#121d2f", proxy="#272115"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle with a title and smaller lines under it. Lengths are pixels."""

    x: int
    y: int
    width: int
    height: int
    title: str
    lines: tuple[str, ...] = ()
    fill: str = "box"
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """A horizontal arrow with a label above and one below."""

    x: int
    to: int
    y: int
    above: str = ""
    below: str = ""


_BALANCER = ("port 80: listener,", "rule, target group", "idle timeout 10 min")
BOXES = (
    Box(x=150, y=20, width=790, height=270, title="VPC: 2 zones with public and private subnets", dashed=True),
    Box(x=20, y=120, width=100, height=90, title="Browser", lines=("203.0.113.7",)),
    Box(x=185, y=105, width=150, height=120, title="Load balancer", lines=_BALANCER),
    Box(x=410, y=65, width=200, height=205, title="ECS service web", lines=("Fargate task",), fill="service"),
    Box(x=425, y=120, width=170, height=60, title="container web", lines=("LLM_URL is set",)),
    Box(x=425, y=195, width=170, height=60, title="Envoy proxy", lines=("Service Connect",), fill="proxy"),
    Box(x=715, y=65, width=200, height=205, title="ECS service llm", lines=("Fargate task",), fill="service"),
    Box(x=730, y=120, width=170, height=60, title="container llm", lines=("port 8000",)),
    Box(x=730, y=195, width=170, height=60, title="Envoy proxy", lines=("timeout 10 min",), fill="proxy"),
    Box(x=190, y=312, width=220, height=68, title="Cloud Map namespace", lines=("names of web and llm",)),
    Box(x=430, y=312, width=240, height=68, title="Roles for each service", lines=("task role, execution role",)),
    Box(x=690, y=312, width=250, height=68, title="Log groups, flow logs", lines=("one log group for each service",)),
)  # fmt: skip
ARROWS = (
    Arrow(x=120, to=185, y=165),
    Arrow(x=335, to=410, y=165, above="80", below="allowed"),
    Arrow(x=610, to=715, y=225, above="8000", below="allowed"),
)


def picture(theme: Theme) -> str:
    """The picture as SVG text."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="{_FONT}" role="img">',
        "<title>A catalog with two services in AWS</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{theme.page}"/>',
        f'<defs><marker id="tip" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
        f'<path d="M0 0 L9 4 L0 8 z" fill="{theme.accent}"/></marker></defs>',
        *(_box(box, theme) for box in BOXES),
        *(_arrow(arrow, theme) for arrow in ARROWS),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(box: Box, theme: Theme) -> str:
    middle = box.x + box.width // 2
    dash = ' stroke-dasharray="6 4"' if box.dashed else ""
    fill = "none" if box.dashed else getattr(theme, box.fill)
    parts = [
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8" fill="{fill}" '
        f'stroke="{theme.line}"{dash}/>',
        _text(
            middle, box.y + 24, box.title, color=theme.faint if box.dashed else theme.ink, size=14, bold=not box.dashed
        ),
    ]
    parts += [
        _text(middle, box.y + 44 + 18 * index, line, color=theme.faint, size=12) for index, line in enumerate(box.lines)
    ]
    return "\n".join(parts)


def _arrow(arrow: Arrow, theme: Theme) -> str:
    middle = (arrow.x + arrow.to) // 2
    parts = [
        f'<line x1="{arrow.x + 3}" y1="{arrow.y}" x2="{arrow.to - 3}" y2="{arrow.y}" stroke="{theme.accent}" '
        'stroke-width="2" marker-end="url(#tip)"/>',
        _text(middle, arrow.y - 8, arrow.above, color=theme.ink, size=12),
        _text(middle, arrow.y + 18, arrow.below, color=theme.faint, size=11),
    ]
    return "\n".join(part for part in parts if part)


def _text(x: int, y: int, text: str, *, color: str, size: int, bold: bool = False) -> str:
    if not text:
        return ""
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="{color}" font-size="{size}"{weight} text-anchor="middle">{escape(text)}</text>'


def main(folder: Path) -> None:
    for name, theme in THEMES.items():
        (folder / f"overview-{name}.svg").write_text(picture(theme), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
