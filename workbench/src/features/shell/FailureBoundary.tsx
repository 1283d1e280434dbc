// Catches what a view throws while rendering and offers to start it again; does so by itself once a lost server is back.
import { Component, type ReactNode } from 'react';

interface Props {
  readonly words: { readonly title: string; readonly retry: string; text(error: unknown): string };
  readonly reachable: boolean;
  readonly children: ReactNode;
  onCaught(error: unknown): void;
  onRetry(): void;
}

export class FailureBoundary extends Component<Props, { failed: boolean; error: unknown }> {
  override state = { failed: false, error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { failed: true, error };
  }

  override componentDidCatch(error: unknown) {
    this.props.onCaught(error);
  }

  override componentDidUpdate(before: Props) {
    if (this.state.failed && this.props.reachable && !before.reachable) this.again();
  }

  private readonly again = () => {
    this.props.onRetry();
    this.setState({ failed: false, error: undefined });
  };

  override render() {
    if (!this.state.failed) return this.props.children;
    const { words } = this.props;
    return (
      <div className="empty" role="alert">
        <h2>{words.title}</h2>
        <p>{words.text(this.state.error)}</p>
        <button type="button" className="btn outline" onClick={this.again}>
          {words.retry}
        </button>
      </div>
    );
  }
}
