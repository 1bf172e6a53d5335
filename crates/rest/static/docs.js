// Starts the interactive documentation: the document as it is served, with Authorize ready for the first click.
"use strict";
(() => {
  const place = document.getElementById("docs");
  const { document: source, redirect, server, client, scopes } = place.dataset;

  // The page may be visited by another name of this machine than the one in the document: it stays where it is.
  const here = (address) => {
    if (typeof address !== "string" || !(address === server || address.startsWith(`${server}/`))) return address;
    return location.origin + address.slice(server.length);
  };

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = () => {
    const chosen = document.documentElement.dataset.theme;
    document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
  };
  colour();
  dark.addEventListener("change", colour);
  new MutationObserver(colour).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  const start = async () => {
    const answer = await fetch(source, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`${source} answered ${answer.status}`);
    const spec = await answer.json();
    // The server that the document came from needs no choice.
    spec.servers = (spec.servers ?? []).map((one) => ({ ...one, url: here(one.url) }));
    if (spec.servers.every((one) => one.url === location.origin || one.url === "/")) delete spec.servers;
    for (const scheme of Object.values(spec.components?.securitySchemes ?? {})) {
      for (const flow of Object.values(scheme.flows ?? {})) {
        for (const name of ["authorizationUrl", "tokenUrl", "refreshUrl"]) if (flow[name]) flow[name] = here(flow[name]);
      }
    }
    const ui = SwaggerUIBundle({
      spec,
      domNode: place,
      validatorUrl: null,
      defaultModelsExpandDepth: 0,
      docExpansion: "list",
      oauth2RedirectUrl: location.origin + redirect,
      presets: [SwaggerUIBundle.presets.apis],
      layout: "BaseLayout",
    });
    if (client) {
      ui.initOAuth({
        clientId: client,
        scopes: scopes.split(" ").filter(Boolean),
        usePkceWithAuthorizationCodeGrant: true,
      });
    }
  };
  start().catch((error) => { place.textContent = `The documentation cannot be shown: ${error.message}.`; });
})();
