import { useCallback, useEffect, useState } from "react";

import { recall, remember } from "../adapters/storage.js";

export type Theme = "light" | "dark";

const dark = "(prefers-color-scheme: dark)";

function chosen(): Theme | undefined {
  const theme = recall("theme");
  return theme === "light" || theme === "dark" ? theme : undefined;
}

/** The colours: the system's, until the reader chooses. */
export function useTheme(): { readonly theme: Theme; readonly toggle: () => void } {
  const [system, setSystem] = useState<Theme>(matchMedia(dark).matches ? "dark" : "light");
  const [choice, setChoice] = useState(chosen);
  const theme = choice ?? system;

  useEffect(() => {
    const query = matchMedia(dark);
    const onChange = (): void => {
      setSystem(query.matches ? "dark" : "light");
    };
    query.addEventListener("change", onChange);
    return () => {
      query.removeEventListener("change", onChange);
    };
  }, []);

  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);

  const toggle = useCallback(() => {
    const next = theme === "dark" ? "light" : "dark";
    remember("theme", next);
    setChoice(next);
  }, [theme]);
  return { theme, toggle };
}
