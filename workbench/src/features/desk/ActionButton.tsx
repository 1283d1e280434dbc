// An action as an icon: its name for who cannot see it, its key for who hovers.
import type { AriaAttributes } from 'react';
import { useTranslation } from 'react-i18next';
import { actionById } from '../../actions/all';
import { Icon } from '../../ui/icons';
import { useDesk } from './desk';

interface Props extends AriaAttributes {
  readonly id: string;
  readonly name?: string | undefined; // where it says more than the action's own
  readonly size?: number;
  readonly small?: boolean;
}

export function ActionButton({ id, name, size = 16, small = false, ...aria }: Props) {
  const { t } = useTranslation();
  const desk = useDesk();
  const action = actionById(id);
  const label = name ?? t(`action.${id}`);
  return (
    <button
      type="button"
      className={`btn icon${small ? ' small' : ''}`}
      {...aria}
      aria-label={label}
      title={action.keys ? `${label} (${action.keys})` : label}
      disabled={!(action.enabled?.(desk) ?? true)}
      onClick={() => void action.run(desk)}
    >
      <Icon name={action.icon ?? ''} size={size} />
    </button>
  );
}
