import { useTranslation } from 'react-i18next';
import { allActions } from '../../actions/all';
import { Dialog } from '../../ui/Dialog';
import { useDesk, useView } from '../desk/desk';
import './shortcuts.css';

const mouse = ['mouseOpen', 'mouseAdd', 'mouseLasso', 'mouseMenu'];

export function Shortcuts() {
  const { t } = useTranslation();
  const desk = useDesk();
  const open = useView((s) => s.dialog === 'shortcuts');
  const groups = [...new Set(allActions.map((a) => a.group))];
  return (
    <Dialog opened={open} onClose={() => desk.view.setState({ dialog: null })} title={t('shortcuts.title')} size="xl">
      <p className="muted">{t('shortcuts.note')}</p>
      <div className="shortcut-columns">
        {groups.map((group) => {
          const list = allActions.filter((a) => a.group === group && a.keys);
          if (list.length === 0) return null;
          return (
            <section key={group}>
              <h3>{t(`group.${group}`)}</h3>
              {list.map((a) => (
                <p key={a.id}>
                  <span className="grow">{t(`action.${a.id}`)}</span>
                  <kbd>{a.keys}</kbd>
                </p>
              ))}
            </section>
          );
        })}
        <section>
          <h3>{t('shortcuts.mouse')}</h3>
          {mouse.map((key) => (
            <p key={key}>
              <span className="grow">{t(`shortcuts.${key}`)}</span>
              <kbd>{t(`shortcuts.${key}Keys`)}</kbd>
            </p>
          ))}
        </section>
      </div>
    </Dialog>
  );
}
