// A file as text, which vite makes a module of.
declare module "*?raw" {
  const text: string;
  export default text;
}
