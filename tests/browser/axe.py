"""axe-core: what keeps people from reading or using a page."""

from lab import ROOT

AXE = ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js"

RUN = """async ([include, exclude, rules]) => {
    const options = {resultTypes: ["violations"], ...(rules && {runOnly: rules})};
    const {violations} = await axe.run({include: [include], exclude}, options);
    return violations
        .filter(({impact}) => ["serious", "critical"].includes(impact))
        .flatMap(({id, nodes}) => nodes.map(({target, html, failureSummary}) => ({
            rule: id,
            where: target.flat().join(" "),
            what: html.slice(0, 200) + " " + failureSummary.split("\\n").at(-1).trim(),
        })));
}"""

# Thousands of nodes of MathJax's own: taken out, and put back for the tests that come after.
WITHOUT_MATHEMATICS = """parts => window.takenOut = parts.map(part => {
    const place = document.createComment("");
    part.replaceWith(place);
    return [place, part];
})"""
WITH_MATHEMATICS = "takenOut.forEach(([place, part]) => place.replaceWith(part))"


def findings(page, include="body", exclude=(), rules=None, not_ours=()):
    """Serious and critical findings, as text. not_ours: pairs of a rule and a part of the selector or element."""
    if not page.evaluate("typeof axe === 'object'"):
        assert AXE.exists(), "axe-core is not there, it comes with: make tools/node_modules"
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return [
        f"{found['rule']} at {found['where']}: {found['what']}"
        for found in page.evaluate(RUN, [include, list(exclude), rules])
        if not any(found["rule"] == rule and part in found["where"] + found["what"] for rule, part in not_ours)
    ]
