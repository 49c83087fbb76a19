// A button that copies the citation, where the browser lets a page write to the clipboard.
document.addEventListener("DOMContentLoaded", () => {
  const citation = document.querySelector(".foot .citation");
  if (!citation || !navigator.clipboard) return; // as in pages opened from a folder: select it
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(citation.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(citation); // refused: all that is left is to press the keys
      button.textContent = "Selected: now press Ctrl+C";
    }
  });
  citation.after(button);
});
