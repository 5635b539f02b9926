// Opens the row of a table that has the keyboard focus with Enter, for pages/_ui/history/table.py.
// Streamlit's table only shows the cell's text then.

const rowOf = (cell) => Number(/^glide-cell-\d+-(\d+)$/.exec(cell?.id ?? "")?.[1] ?? NaN);

export default function ({ data, setTriggerValue }) {
  const open = (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.altKey) return;
    const table = event.target.closest?.(`.st-key-${data.table}`);
    const row = rowOf(table?.querySelector('td[aria-selected="true"]'));
    if (Number.isNaN(row)) return;
    event.preventDefault();
    event.stopPropagation();
    setTriggerValue("row", row);
  };
  document.addEventListener("keydown", open, true);
  return () => document.removeEventListener("keydown", open, true);
}
