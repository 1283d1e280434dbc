// CodeMirror with cypher colouring and completion from the live schema. Errors are shown where the server's parser
// found them; there is no second parser here.
import { autocompletion, closeCompletion, completionKeymap, type CompletionContext } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { cypher } from '@codemirror/legacy-modes/mode/cypher';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { ErrorInfo, Schema } from '../../api/types';

const keywords = 'MATCH OPTIONAL WHERE RETURN WITH DISTINCT ORDER BY SKIP LIMIT UNWIND UNION ALL CREATE MERGE SET REMOVE DELETE DETACH AS AND OR NOT IN IS NULL CONTAINS STARTS ENDS CALL YIELD EXPLAIN PROFILE'.split(' ');

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
  { tag: tags.string, color: 'var(--good)' },
  { tag: tags.number, color: 'var(--warn)' },
  { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
]);

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--text)' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--muted)', border: '0' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent-weak)', color: 'var(--text)' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--bad)', backgroundImage: 'none' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-weak) !important' },
});

function completions(schema: Schema | undefined) {
  return (context: CompletionContext) => {
    const label = context.matchBefore(/:\s*[\p{L}\p{N}_]*/u);
    if (label) {
      const inLink = context.state.sliceDoc(Math.max(0, label.from - 40), label.from).match(/\[[^\]]*$/);
      const names = (inLink ? schema?.link_types : schema?.labels) ?? [];
      return {
        from: label.from + (label.text.match(/^:\s*/)?.[0].length ?? 0),
        options: names.map((n) => ({ label: n.name, type: inLink ? 'type' : 'class', detail: n.count.toLocaleString() })),
      };
    }
    const key = context.matchBefore(/\.[\p{L}\p{N}_]*/u);
    if (key) return { from: key.from + 1, options: (schema?.keys ?? []).map((k) => ({ label: k, type: 'property' })) };
    const word = context.matchBefore(/[\p{L}\p{N}_]+/u);
    if (!word && !context.explicit) return null;
    return {
      from: word?.from ?? context.pos,
      options: [
        ...keywords.map((k) => ({ label: k, type: 'keyword' })),
        ...(schema?.functions ?? []).map((f) => ({ label: f, type: 'function', apply: `${f}(` })),
        ...(schema?.procedures ?? []).map((p) => ({ label: p, type: 'function' })),
      ],
    };
  };
}

export interface QueryEditorProps {
  readonly label: string;
  readonly hint: string;
  readonly text: string;
  readonly schema: Schema | undefined;
  readonly error: ErrorInfo | null;
  onChange(text: string): void;
  onRun(): void;
}

export function QueryEditor(props: QueryEditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const complete = useRef(new Compartment());
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    if (!box.current) return undefined;
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: latest.current.text,
        extensions: [
          keymap.of([
            { key: 'Mod-Enter', run: (editor) => (closeCompletion(editor), latest.current.onRun(), true) },
            ...completionKeymap,
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          lineNumbers(),
          history(),
          StreamLanguage.define(cypher),
          syntaxHighlighting(colours),
          complete.current.of(autocompletion({ icons: false, override: [completions(latest.current.schema)] })),
          placeholder(latest.current.hint),
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': latest.current.label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, []);

  const { schema, text, error } = props;
  useEffect(() => {
    view.current?.dispatch({
      effects: complete.current.reconfigure(autocompletion({ icons: false, override: [completions(schema)] })),
    });
  }, [schema]);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== text) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
    }
  }, [text]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const line = error?.line ?? 0;
    if (!error || line < 1 || line > editor.state.doc.lines) {
      editor.dispatch(setDiagnostics(editor.state, []));
      return;
    }
    const info = editor.state.doc.line(line);
    const from = Math.min(info.to, info.from + Math.max(0, (error.column ?? 1) - 1));
    const to = Math.max(from, Math.min(info.to, from + 1));
    editor.dispatch(setDiagnostics(editor.state, [{ from, to, severity: 'error', message: error.message }]));
  }, [error]);

  return <div ref={box} className="query-editor" />;
}
