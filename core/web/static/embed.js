// A town's procedures on its own site, without a frame:
//   <script src="https://guichet.town.example/embed.js" async></script>
//   <guichet-procedures category="famille" lang="fr"></guichet-procedures>
// slug names a single one, q filters by words. It takes the colours of --guichet-colour and the
// fonts of the page. What stands inside the element is shown until, and unless, the list is there.
(() => {
  const home = new URL(document.currentScript.src).origin;
  const STYLE = `
    :host { display: block; font: inherit; }
    ul { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); margin: 0; padding: 0; list-style: none; }
    li { position: relative; padding: .9rem 1rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-top: 4px solid var(--guichet-colour, #0b5563); border-radius: 8px; }
    a { color: var(--guichet-colour, #0b5563); font-weight: 600; }
    a::after { content: ""; position: absolute; inset: 0; }
    a:focus-visible { outline: 0; } a:focus-visible::after { outline: 3px solid currentColor; outline-offset: 2px; }
    p { margin: .35rem 0 0; font-size: .9em; }`;

  class Procedures extends HTMLElement {
    static observedAttributes = ["category", "slug", "q", "lang"];

    connectedCallback() {
      this.load();
    }

    attributeChangedCallback() {
      if (this.isConnected) this.load();
    }

    async load() {
      const asked = new URLSearchParams();
      for (const name of ["category", "q", "lang"]) if (this.getAttribute(name)) asked.set(name, this.getAttribute(name));
      const answer = await fetch(`${home}/procedures.json?${asked}`).catch(() => null);
      if (!answer?.ok) return; // what the page itself says stays
      const slug = this.getAttribute("slug");
      const all = (await answer.json()).procedures.filter((one) => !slug || one.slug === slug);
      if (!all.length) return;
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet(); // no inline style, which the site's policy may forbid
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      const list = document.createElement("ul");
      list.append(...all.map(line));
      root.replaceChildren(list);
    }
  }

  function line({ title, summary, url }) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const words = document.createElement("p");
    link.href = url;
    link.textContent = title;
    words.textContent = summary;
    item.append(link, words);
    return item;
  }

  if (!customElements.get("guichet-procedures")) customElements.define("guichet-procedures", Procedures);
})();
