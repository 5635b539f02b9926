// Closes the navigation where it lies over the page, once a page was chosen in it: Streamlit leaves
// it open over what was chosen.
const narrow = matchMedia("(max-width: 768px)");
document.addEventListener("click", ({ target }) => {
  if (!narrow.matches || !target.closest?.('[data-testid="stSidebarNavLink"]')) return;
  document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
});
