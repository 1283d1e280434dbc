// What went wrong, in the reader's language and plain words: by the server's code where we know it, else as it said it.
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';

export function useErrorText(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    const code = error instanceof ApiError ? error.code : 'unexpected';
    const message = error instanceof Error ? error.message : String(error);
    return t(i18n.exists(`error.${code}`) ? `error.${code}` : 'error.other', { message });
  };
}
