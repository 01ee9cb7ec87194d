/** Has a screen reader say a sentence. */
export function announce(sentence) {
  document.getElementById("announcer").textContent = sentence;
}
