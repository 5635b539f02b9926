// Closes a navigation that covers the page once a page is chosen in it; Streamlit leaves it open.
const narrow = matchMedia("(max-width: 768px)");
document.addEventListener("click", ({ target }) => {
  if (!narrow.matches || !target.closest?.('[data-testid="stSidebarNavLink"]')) return;
  document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
});
