/** Shows a sentence across the page, maybe with a link after it; without a sentence it goes. */
export function showBanner(sentence, link) {
  const banner = document.getElementById("banner");
  banner.hidden = !sentence;
  if (banner.dataset.says === sentence) return;
  banner.dataset.says = sentence;
  banner.textContent = sentence;
  if (link) banner.append(" ", Object.assign(document.createElement("a"), link));
}
