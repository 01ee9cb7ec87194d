/* Telephone numbers, as they are written and as they are kept: digits. */

export const digits = (text) => text.replace(/[\s+().-]/g, "");

export function pretty(number) {
  const us = /^1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return us ? `+1 ${us[1]} ${us[2]} ${us[3]}` : `+${number}`;
}
