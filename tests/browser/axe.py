"""What keeps people from reading or using a page: axe-core's findings, and contrast where it does not look."""

from lab import ROOT

AXE = ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js"

RUN = """async ([include, exclude]) => {
    const {violations} = await axe.run({include: [include], exclude}, {resultTypes: ["violations"]});
    return violations
        .filter(({impact}) => ["serious", "critical"].includes(impact))
        .flatMap(({id, nodes}) => nodes.map(({target, html, failureSummary}) => ({
            rule: id,
            where: target.flat().join(" "),
            what: html.slice(0, 200) + " " + failureSummary.split("\\n").at(-1).trim(),
        })));
}"""

# All texts and formulas, with their colours, whose contrast with what is behind them is less than WCAG 2 wants of
# small ones.
# axe-core does not look at formulas, and of JupyterLab at nothing: no text there is on the screen to it.
PALE = r"""all => {
    const rgba = (color) => color.match(/[\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, n) => a * c + (1 - a) * below[n]);
    const behind = (e) => {
        const color = rgba(getComputedStyle(e).backgroundColor);
        return color.length === 3 || !e.parentElement ? color.slice(0, 3) : over(color, behind(e.parentElement));
    };
    const light = (color) => color.map((c) => c / 255)
        .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, n) => sum + [0.2126, 0.7152, 0.0722][n] * c, 0);
    const opacity = (e) => e ? getComputedStyle(e).opacity * opacity(e.parentElement) : 1;
    const texts = document.createTreeWalker(all, NodeFilter.SHOW_TEXT), holders = new Set();
    while (texts.nextNode()) if (texts.currentNode.data.trim()) holders.add(texts.currentNode.parentElement);
    return [...holders, ...all.querySelectorAll("mjx-container, mjx-container svg [fill]")].flatMap((e) => {
        const style = getComputedStyle(e), ground = behind(e);
        const [r, g, b, a = 1] = rgba(e.matches("svg [fill]") ? style.fill : style.color);
        const ink = over([r, g, b, a * opacity(e)], ground);
        const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b), contrast = (high + 0.05) / (low + 0.05);
        const notOurs = ".cm-editor, .jp-Notebook-footer, .jp-InputPrompt, .jp-OutputPrompt"; // JupyterLab's own
        const isOurs = !e.closest(`mjx-assistive-mml, script, style, option, ${notOurs}`);
        const isShown = isOurs && e.getClientRects().length > 0;
        return isShown && contrast < 4.5 ? [`${contrast.toFixed(2)}: ${e.outerHTML.slice(0, 99)}`] : [];
    });
}"""

# Thousands of nodes of MathJax's own: taken out, and put back for the tests that come after.
WITHOUT_MATHEMATICS = """parts => window.takenOut = parts.map(part => {
    const place = document.createComment("");
    part.replaceWith(place);
    return [place, part];
})"""
WITH_MATHEMATICS = "takenOut.forEach(([place, part]) => place.replaceWith(part))"


def findings(page, include="body", exclude=(), not_ours=()):
    """Serious and critical findings, as text. not_ours: pairs of a rule and a part of the selector or element."""
    if not page.evaluate("typeof axe === 'object'"):
        assert AXE.exists(), "axe-core is not there, it comes with: make tools/node_modules"
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return [
        f"{found['rule']} at {found['where']}: {found['what']}"
        for found in page.evaluate(RUN, [include, list(exclude)])
        if not any(found["rule"] == rule and part in found["where"] + found["what"] for rule, part in not_ours)
    ]
