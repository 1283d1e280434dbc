import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import type { Import } from '../../api/types';
import { DataGrid, type GridColumn } from '../../ui/DataGrid';
import { useDesk } from '../desk/desk';
import { useErrorText } from '../desk/errors';
import { usText } from '../desk/times';

const shown = 200;

export function ImportsPage() {
  const { t } = useTranslation();
  const desk = useDesk();
  const errorText = useErrorText();
  const { data, error } = useQuery({
    queryKey: ['imports'],
    queryFn: ({ signal }) => desk.api.imports(shown, { signal }),
    refetchInterval: 5_000,
  });
  const refused = error instanceof ApiError && (error.code === 'role_required' || error.code === 'forbidden');
  const imports = data?.imports ?? [];
  const columns = useColumns();
  return (
    <section className="page grid-page" aria-label={t('imports.label')}>
      <header>
        <h1>{t('imports.label')}</h1>
        <p className="muted grow">{t('imports.help')}</p>
        {data ? <span className="muted">{t('imports.shown', { shown: imports.length, total: data.total })}</span> : null}
      </header>
      {error ? <p className={refused ? 'muted' : 'error-text'}>{refused ? t('imports.supervisors') : errorText(error)}</p> : null}
      {data && imports.length === 0 ? (
        <div className="empty">
          <h2>{t('imports.none')}</h2>
          <p>{t('imports.noneHelp')}</p>
        </div>
      ) : null}
      {imports.length > 0 ? (
        <DataGrid label={t('imports.label')} rows={imports} columns={columns} rowId={(i) => String(i.batch)} sortLabel={(column) => t('table.sort', { column })} />
      ) : null}
    </section>
  );
}

function useColumns(): GridColumn<Import>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      { id: 'batch', title: '#', width: '56px', numeric: true, text: (i) => String(i.batch), compare: (a, b) => a.batch - b.batch },
      { id: 'source', title: t('imports.source'), width: 'minmax(120px, 1fr)', text: (i) => i.source },
      { id: 'file', title: t('imports.file'), width: 'minmax(160px, 2fr)', text: (i) => i.file },
      { id: 'mapping', title: t('imports.mapping'), width: 'minmax(120px, 1fr)', text: (i) => i.mapping },
      { id: 'rows', title: t('imports.rows'), width: '88px', numeric: true, text: (i) => i.rows.toLocaleString(), compare: (a, b) => a.rows - b.rows },
      { id: 'received', title: t('imports.received'), width: '136px', text: (i) => usText(i.received_us), compare: (a, b) => a.received_us - b.received_us },
      { id: 'state', title: t('imports.state'), width: '160px', text: (i) => t(i.published ? 'imports.published' : 'imports.running') },
    ],
    [t],
  );
}
