export function picture() {
  return "";
}
