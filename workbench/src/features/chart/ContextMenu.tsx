// Every command that applies, each with its shortcut. Derived from the list of actions.
import { useEffect, useLayoutEffect, useRef, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { allActions } from '../../actions/all';
import { Icon } from '../../ui/icons';
import { useDesk, useView } from '../desk/desk';

export function ContextMenu() {
  const { t } = useTranslation();
  const desk = useDesk();
  const menu = useView((s) => s.menu);
  const box = useRef<HTMLDivElement>(null);
  const close = () => {
    desk.view.setState({ menu: null });
    desk.ports.focusChart?.();
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!menu || !element) return;
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(4, Math.min(menu.x, window.innerWidth - width - 4))}px`;
    element.style.top = `${Math.max(4, Math.min(menu.y, window.innerHeight - height - 4))}px`;
    element.querySelector<HTMLButtonElement>('button:not(:disabled)')?.focus();
  }, [menu]);

  useEffect(() => {
    if (!menu) return undefined;
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) desk.view.setState({ menu: null });
    };
    window.addEventListener('mousedown', outside, true);
    window.addEventListener('wheel', outside, true);
    return () => {
      window.removeEventListener('mousedown', outside, true);
      window.removeEventListener('wheel', outside, true);
    };
  }, [menu, desk]);

  if (!menu) return null;
  const actions = allActions.filter((a) => a.menus?.includes(menu.on === 'link' ? 'link' : menu.on));
  const onKey = (event: KeyboardEvent) => {
    const buttons = [...(box.current?.querySelectorAll<HTMLButtonElement>('button:not(:disabled)') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') close();
    else if (to !== undefined) buttons[(to + buttons.length) % buttons.length]?.focus();
    else return;
    event.preventDefault();
  };
  return (
    <div ref={box} className="menu" role="menu" tabIndex={-1} aria-label={t('chart.toolbar')} onKeyDown={onKey}>
      {actions.map((action, i) => (
        <div key={action.id} role="none">
          {i > 0 && actions[i - 1]?.group !== action.group ? <hr /> : null}
          <button
            type="button"
            role="menuitem"
            disabled={!(action.enabled?.(desk) ?? true)}
            onClick={() => {
              close();
              void action.run(desk);
            }}
          >
            <Icon name={action.icon ?? ''} />
            <span className="grow">{t(`action.${action.id}`)}</span>
            {action.keys ? <kbd>{action.keys}</kbd> : null}
          </button>
        </div>
      ))}
    </div>
  );
}
