// Before the first paint, so that nothing flashes: the choice of an earlier visit, if there was one. src/main.ts does the rest.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // no storage: the system decides
}
