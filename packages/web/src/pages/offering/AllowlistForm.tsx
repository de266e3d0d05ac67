import type { AllowlistProof } from "@assay/sdk";
import { useId, useState } from "react";

import { Button, Money } from "../../components/basics.js";
import { readAllowlist } from "../../domain/allowlistInput.js";

interface AllowlistFormProps {
  readonly root: string;
  readonly account: string;
  readonly allowed: AllowlistProof | undefined;
  readonly onAllowed: (proof: AllowlistProof | undefined) => void;
}

/** Takes the allow-list, or the account's proof, as text or as a file. Nothing leaves the browser. */
export function AllowlistForm({ root, account, allowed, onAllowed }: AllowlistFormProps) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const id = useId();
  const check = (content: string): void => {
    const result = readAllowlist(content, root, account);
    setProblem("problem" in result ? result.problem : undefined);
    onAllowed("value" in result ? result.value : undefined);
  };
  if (allowed !== undefined) {
    return (
      <p className="good">
        You are on the allow-list: you may commit <Money value={allowed.cap} /> in all.
      </p>
    );
  }
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        check(text);
      }}
    >
      <div className="field">
        <label htmlFor={id}>Allow-list, or your proof</label>
        <textarea
          id={id}
          rows={4}
          spellCheck={false}
          value={text}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
        <div id={`${id}-hint`} className="field-note">
          {problem === undefined ? (
            "Paste the JSON that the issuer published, or choose its file."
          ) : (
            <span className="problem-text">{problem}</span>
          )}
        </div>
      </div>
      <div className="form-row">
        <input
          type="file"
          accept=".json,application/json"
          aria-label="Allow-list file"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file === undefined) return;
            void file.text().then((content) => {
              setText(content);
              check(content);
            });
          }}
        />
        <Button type="submit" disabled={text === ""}>
          Check
        </Button>
      </div>
    </form>
  );
}
