import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { useDesk } from '../desk/desk';
import { usText } from '../desk/times';

const shown = 200;

export function ImportsPage() {
  const { t } = useTranslation();
  const desk = useDesk();
  const { data, error } = useQuery({
    queryKey: ['imports'],
    queryFn: ({ signal }) => desk.api.imports(shown, { signal }),
    refetchInterval: 5_000,
  });
  const refused = error instanceof ApiError && (error.code === 'role_required' || error.code === 'forbidden');
  const imports = data?.imports ?? [];
  return (
    <section className="page" aria-label={t('imports.label')}>
      <header>
        <h1>{t('imports.label')}</h1>
        <p className="muted grow">{t('imports.help')}</p>
        {data ? <span className="muted">{t('imports.shown', { shown: imports.length, total: data.total })}</span> : null}
      </header>
      {error ? <p className={refused ? 'muted' : 'error-text'}>{refused ? t('imports.supervisors') : error.message}</p> : null}
      {data && imports.length === 0 ? (
        <div className="empty">
          <h2>{t('imports.none')}</h2>
          <p>{t('imports.noneHelp')}</p>
        </div>
      ) : null}
      {imports.length > 0 ? (
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col" className="num">
                #
              </th>
              <th scope="col">{t('imports.source')}</th>
              <th scope="col">{t('imports.file')}</th>
              <th scope="col">{t('imports.mapping')}</th>
              <th scope="col" className="num">
                {t('imports.rows')}
              </th>
              <th scope="col">{t('imports.received')}</th>
              <th scope="col">{t('imports.state')}</th>
            </tr>
          </thead>
          <tbody>
            {imports.map((i) => (
              <tr key={i.batch}>
                <td className="num">{i.batch}</td>
                <td>{i.source}</td>
                <td className="mono">{i.file}</td>
                <td className="mono">{i.mapping}</td>
                <td className="num">{i.rows.toLocaleString()}</td>
                <td>{usText(i.received_us)}</td>
                <td>{i.published ? t('imports.published') : t('imports.running')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}
