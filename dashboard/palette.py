"""Colours that colour-blind readers can distinguish. Each state also has a sign, so that colour is never the only mark."""

from smartwork.domain.presence.spans import State

INK = "#1c2733"
MUTED = "#5d6974"
LINE = "#e2ded5"
PAPER = "#ffffff"
TEAL = "#1f7a7a"
AMBER = "#d98324"
STONE = "#b9b3a7"
NAVY = "#35506b"
GOOD = "#1c6b50"
BAD = "#a33a20"

FILL: dict[State, str] = {"occupied": "#0b5cad", "vacant": "#ffffff", "unknown": "#ddd8cf"}
EDGE: dict[State, str] = {"occupied": "#083f78", "vacant": "#6b7a88", "unknown": "#8c867b"}
TEXT: dict[State, str] = {"occupied": "#ffffff", "vacant": "#3d4b57", "unknown": "#4e4a43"}
SIGN: dict[State, str] = {"occupied": "●", "vacant": "○", "unknown": "?"}
HEAT = ["#f3f1ea", "#d3e4dd", "#9fcabf", "#5fa59d", "#2b7f7f", "#0f5257"]
