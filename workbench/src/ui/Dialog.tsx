// The kit's modal with what every dialog here needs: a named close button.
import { Modal, type ModalProps } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function Dialog(props: ModalProps) {
  const { t } = useTranslation();
  return <Modal closeButtonProps={{ 'aria-label': t('notices.dismiss') }} {...props} />;
}
