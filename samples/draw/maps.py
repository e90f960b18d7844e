"""The states of the US as a background map or as filled areas."""

import json

import numpy as np
from matplotlib.patches import Polygon

STATES = {}


def load_states(path):
    """Polygons of the states from a TopoJSON file: name to lists of longitude and latitude."""
    with open(path, encoding="utf-8") as file:
        topology = json.load(file)
    scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        points = np.cumsum(np.asarray(arc), axis=0)
        arcs.append(points * scale + move)

    def ring(indices):
        parts = [arcs[index] if index >= 0 else arcs[~index][::-1] for index in indices]
        return np.concatenate([parts[0], *[part[1:] for part in parts[1:]]])

    for shape in topology["objects"]["states"]["geometries"]:
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        STATES[shape["properties"]["name"]] = [ring(polygon[0]) for polygon in polygons]


def mercator(points):
    points = np.asarray(points, float)
    return np.column_stack([points[:, 0], np.degrees(np.log(np.tan(np.pi / 4 + np.radians(points[:, 1]) / 2)))])


def map_axes(panel, extent, top=3.4, bottom=0.3, fill=None):
    """Axes with the states in the light map style; `extent` is west, east, south, north."""
    axes = panel.axes(left=0.3, right=0.3, top=top, bottom=bottom)
    low, high = mercator([(extent[0], extent[2])])[0], mercator([(extent[1], extent[3])])[0]
    for name, polygons in STATES.items():
        for polygon in polygons:
            axes.add_patch(Polygon(mercator(polygon), facecolor=(fill or {}).get(name, "#ebebeb"), edgecolor="#ffffff", linewidth=0.6))
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    return axes
