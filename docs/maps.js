// Draws the blocks of Mermaid on a page. No name in them is read as HTML, and no link is followed.
mermaid.initialize({ startOnLoad: true, securityLevel: "strict", theme: "neutral" });
