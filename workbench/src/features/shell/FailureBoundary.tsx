// Catches what a view throws while rendering and offers to start it again.
import { Component, type ReactNode } from 'react';

interface Props {
  readonly title: string;
  readonly retry: string;
  readonly children: ReactNode;
}

export class FailureBoundary extends Component<Props, { message: string | null }> {
  override state = { message: null };

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    return (
      <div className="empty" role="alert">
        <h2>{this.props.title}</h2>
        <p>{this.state.message}</p>
        <button type="button" className="btn outline" onClick={() => this.setState({ message: null })}>
          {this.props.retry}
        </button>
      </div>
    );
  }
}
