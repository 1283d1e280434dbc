import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Notice } from '../../model/stores';
import { dismiss } from '../../sync/notices';
import { Icon } from '../../ui/icons';
import { useDesk, useView } from '../desk/desk';

const readingMs = 9_000; // errors stay until dismissed

export function Notices() {
  const { t } = useTranslation();
  const notices = useView((s) => s.notices);
  return (
    <div className="notices" role="status" aria-live="polite" aria-label={t('notices.label')}>
      {notices.map((notice) => (
        <Line key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function Line({ notice }: { notice: Notice }) {
  const { t, i18n } = useTranslation();
  const desk = useDesk();
  useEffect(() => {
    if (notice.level === 'error') return undefined;
    const timer = setTimeout(() => dismiss(desk.view, notice.id), readingMs);
    return () => clearTimeout(timer);
  }, [desk, notice]);
  const key = i18n.exists(notice.key) ? notice.key : 'error.other';
  return (
    <div className={`notice ${notice.level}`}>
      <Icon name={notice.level === 'info' ? 'info' : 'alert'} />
      <p>{t(key, notice.params)}</p>
      <button type="button" className="btn small icon" aria-label={t('notices.dismiss')} onClick={() => dismiss(desk.view, notice.id)}>
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}
