"""Altair charts of the monthly pages; each function takes rows of the read port and returns a chart."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import altair as alt
import pandas as pd

from dashboard import palette
from dashboard.format import day, percent
from smartwork.db.read.dashboard import CentreDay, EnergyRow

AnyChart = TypeVar("AnyChart", alt.Chart, alt.LayerChart)
_COLOURS = [palette.TEAL, palette.AMBER, palette.STONE]
_PARTS = ("While occupied", "While empty (waste)", "Unknown")


def heat_map(days: Iterable[CentreDay]) -> alt.Chart:
    """Utilisation of each centre on each day of the month. A day without opening time has no cell."""
    frame = pd.DataFrame(
        [
            {
                "Centre": row.centre,
                "Day": row.day.day,
                "Date": day(row.day),
                "Utilisation": row.utilisation,
                "Share": percent(row.utilisation),
                "Unknown": percent(row.unknown_share),
            }
            for row in days
            if row.open_s
        ]
    )
    chart = (
        alt.Chart(frame, height=alt.Step(34))
        .mark_rect(cornerRadius=4, stroke="#fbfaf7", strokeWidth=2)
        .encode(
            x=alt.X("Day:O", axis=alt.Axis(labelAngle=0, title=None, orient="top", labelOverlap=True)),
            y=alt.Y(
                "Centre:N",
                axis=alt.Axis(title=None, labelLimit=150, labelExpr="replace(datum.label, 'Smart Work Center ', '')"),
            ),
            color=alt.Color(
                "Utilisation:Q",
                scale=alt.Scale(range=palette.HEAT, domainMin=0),
                legend=alt.Legend(format=".0%", orient="bottom", title=None, gradientLength=180, gradientThickness=10),
            ),
            tooltip=["Centre", "Date", alt.Tooltip("Share", title="Utilisation"), alt.Tooltip("Unknown", title="Unknown")],
        )
    )
    drawn: alt.Chart = _plain(chart)
    return drawn


def energy_days(rows: Sequence[EnergyRow]) -> alt.LayerChart:
    """Lighting energy by day in kWh, stacked by occupancy, with a mark at the baseline of each day."""
    frame = pd.DataFrame(
        [{"Date": pd.Timestamp(r.day), "Part": part, "kWh": value / 1000} for r in rows for part, value in _split(r)]
    )
    frame = frame.groupby(["Date", "Part"], as_index=False, sort=True).sum()
    frame["Order"] = frame["Part"].map({part: i for i, part in enumerate(_PARTS)})
    baseline = pd.DataFrame([{"Date": pd.Timestamp(r.day), "kWh": r.baseline_wh / 1000} for r in rows])
    baseline = baseline.groupby("Date", as_index=False).sum()
    x = alt.X("yearmonthdate(Date):O", axis=alt.Axis(format="%-d", labelAngle=0, title=None, labelOverlap=True))
    bars = (
        alt.Chart(frame)
        .mark_bar(cornerRadius=2)
        .encode(
            x=x,
            y=alt.Y("kWh:Q", axis=alt.Axis(title="kWh per day", tickCount=5)),
            color=alt.Color(
                "Part:N",
                sort=list(_PARTS),
                scale=alt.Scale(domain=list(_PARTS), range=_COLOURS),
                legend=None,
            ),
            order="Order:O",
            tooltip=[alt.Tooltip("Date:T", format="%a %-d %b"), "Part", alt.Tooltip("kWh:Q", format=",.1f")],
        )
    )
    tooltip = [alt.Tooltip("Date:T", format="%a %-d %b"), alt.Tooltip("kWh:Q", format=",.1f", title="Baseline kWh")]
    line = (
        alt.Chart(baseline).mark_tick(color=palette.INK, thickness=2.5, bandSize=16).encode(x=x, y="kWh:Q", tooltip=tooltip)
    )
    return _plain(alt.LayerChart(layer=[bars, line], height=300))


def energy_legend() -> str:
    """The legend of `energy_days` as HTML that wraps on a narrow screen."""
    keys = zip(_PARTS, _COLOURS, strict=True)
    parts = [f'<span class="sw-key"><i style="background:{c};border-color:{c}"></i>{part}</span>' for part, c in keys]
    line = f'<span class="sw-key"><i style="background:{palette.INK};height:3px;border:0"></i>Baseline</span>'
    return f'<div class="sw-legend">{"".join(parts)}{line}</div>'


def _split(row: EnergyRow) -> list[tuple[str, float]]:
    return list(zip(_PARTS, (row.occupied_wh, row.empty_wh, row.unknown_wh), strict=True))


def _plain(chart: AnyChart) -> AnyChart:
    """A copy of the chart in the style of the dashboard."""
    plain: AnyChart = chart.copy()
    plain.config = alt.Config(
        background="transparent",
        font="Source Sans, sans-serif",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=palette.MUTED,
            titleColor=palette.MUTED,
            labelFontSize=13,
            titleFontSize=13,
            titleFontWeight=500,
            gridColor="#ece8df",
            domain=False,
            ticks=False,
            labelPadding=6,
        ),
        legend=alt.LegendConfig(labelColor=palette.INK, labelFontSize=13, symbolType="square"),
    )
    return plain
