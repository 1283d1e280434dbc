import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { useDesk, useView } from '../desk/desk';
import './purpose.css';
import { PurposeForm } from './PurposeForm';

export function PurposeDialog() {
  const { t } = useTranslation();
  const desk = useDesk();
  const open = useView((s) => s.dialog === 'purpose');
  const close = () => desk.view.setState({ dialog: null });
  return (
    <Dialog opened={open} onClose={close} title={t('purpose.change')} size="lg">
      {open ? <PurposeForm onDone={close} onCancel={close} /> : null}
    </Dialog>
  );
}
