"""Waiting for the maps in a browser."""

from jaxtyping import Float
from numpy import ndarray
from playwright.sync_api import Page

DRAWING = """map => {
    const request = Object.assign(new Event("uncollapse-drawing"), { drawing: null });
    map.dispatchEvent(request);
    return request.drawing;
}"""
"""What a map shows, as the export asks for it."""

SETTLED = """(maps, goal) => new Promise((done, fail) => {
    const drawing = DRAWING;
    const end = performance.now() + 15_000;
    const shown = () => JSON.stringify(maps.map(map => {
        const { x0, x1, y0, y1 } = drawing(map);
        return [x0, x1, y0, y1, map.querySelector("canvas").style.transform];
    }));
    const arrived = () => {
        if (!goal) return true;
        const { position } = drawing(maps[0]);
        return Math.hypot(position.x[goal.row] - goal.x, position.y[goal.row] - goal.y) < 1e-4;
    };
    let [last, same] = ["", 0];
    const look = () => {
        const now = shown();
        same = now === last && !now.includes("scale(") && arrived() ? same + 1 : 0;
        last = now;
        if (same === 10) done();
        else if (performance.now() > end) fail(new Error(`the maps do not settle: ${now}`));
        else requestAnimationFrame(look);
    };
    look();
})""".replace("DRAWING", DRAWING)
"""Ten frames in which no map moves, no picture is stretched until it is drawn again, and the item is in its place."""


def settle(page: Page, row: int | None = None, place: Float[ndarray, "2"] | None = None) -> None:
    """Wait until the maps rest and, where given, item `row` of the first is at `place`, in units of the map."""
    goal = None if row is None or place is None else {"row": row, "x": float(place[0]), "y": float(place[1])}
    maps = page.locator(".twin-map figure")
    maps.first.wait_for()
    maps.evaluate_all(SETTLED, goal)
