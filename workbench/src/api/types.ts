// The shapes of server/api/openapi.yaml that the workbench uses, under the same names.
import type { LinkData, NodeData, Valid } from '../model/elements';
import type { Properties, Value } from '../model/values';

export interface Unit {
  readonly key: string;
  readonly name: string;
}

export interface Person {
  readonly name: string;
  readonly display_name: string;
  readonly unit: Unit;
  readonly roles: readonly ('investigator' | 'supervisor')[];
}

export interface Purpose {
  readonly case: string;
  readonly basis: string;
  readonly reason: string;
}

export interface Session {
  readonly person: Person;
  readonly purpose: Purpose | null;
  readonly sandbox: boolean;
  readonly expires_us: number;
}

export interface Health {
  readonly status: 'ok' | 'read_only';
  readonly sandbox: boolean;
  readonly version: string;
}

export interface Case {
  readonly number: string;
  readonly title: string;
  readonly unit: string;
  readonly basis: string;
  readonly state: 'open' | 'closed';
  readonly opened_us: number;
}

export interface Elements {
  readonly nodes: readonly NodeData[];
  readonly links: readonly LinkData[];
}

export interface SearchHit {
  readonly node: NodeData;
  readonly key: string;
  readonly value: Value;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  readonly truncated: boolean;
}

export interface Source {
  readonly batch?: number;
  readonly source: string;
  readonly file: string;
  readonly row: number;
  readonly received_us: number;
  readonly person?: string;
  readonly case?: string;
}

export interface PropertyView {
  readonly key: string;
  readonly value: Value;
  readonly source: Source;
}

export interface NodeRef {
  readonly id: string;
  readonly labels: readonly string[];
  readonly caption: string;
}

export interface ElementView {
  readonly id: string;
  readonly kind: 'node' | 'link';
  readonly caption?: string;
  readonly labels?: readonly string[];
  readonly type?: string;
  readonly sighting?: boolean;
  readonly from?: NodeRef;
  readonly to?: NodeRef;
  readonly properties: readonly PropertyView[];
  readonly valid: Valid;
  readonly policy: { readonly owner_unit: string; readonly compartment: string; readonly handling_code: string };
  readonly source: Source;
}

export interface NeighbourCount {
  readonly type: string;
  readonly direction: 'out' | 'in';
  readonly label: string | null;
  readonly count: number;
  readonly sighting: boolean;
}

export interface NeighbourCounts {
  readonly id: string;
  readonly total: number;
  readonly counts: readonly NeighbourCount[];
}

export interface ExpandRequest {
  readonly ids: readonly string[];
  readonly direction?: 'out' | 'in' | 'both';
  readonly types?: readonly string[];
  readonly labels?: readonly string[];
  readonly from_us?: number | null;
  readonly to_us?: number | null;
  readonly limit?: number;
}

export interface ExpandResult extends Elements {
  readonly shown_links: number;
  readonly total_links: number;
  readonly total_neighbours: number;
  readonly total_is_lower_bound: boolean;
}

export interface PathsRequest {
  readonly from: string;
  readonly to: string;
  readonly max_length?: number;
  readonly directed?: boolean;
  readonly types?: readonly string[];
  readonly all?: boolean;
  readonly limit?: number;
}

export interface PathsResult extends Elements {
  readonly paths: readonly { readonly nodes: readonly string[]; readonly links: readonly string[] }[];
  readonly truncated: boolean;
}

export interface Sighting {
  readonly link: string;
  readonly type: string;
  readonly time_us: number;
  readonly until_us?: number | null;
  readonly sensor: NodeRef;
  readonly position: { readonly lat: number; readonly lon: number } | null;
  readonly properties: Properties;
}

export interface Trajectory {
  readonly id: string;
  readonly sightings: readonly Sighting[];
  readonly total: number;
  readonly truncated: boolean;
}

export interface QueryRequest {
  readonly text: string;
  readonly parameters?: Properties;
  readonly limit?: number;
  readonly timeout_ms?: number;
  readonly write?: boolean;
}

export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
  readonly elements: Elements;
  readonly summary: { readonly type: string; readonly rows: number; readonly time_us: number; readonly partial?: string; readonly plan?: string };
  readonly truncated: boolean;
}

export interface Schema {
  readonly labels: readonly { readonly name: string; readonly count: number }[];
  readonly link_types: readonly { readonly name: string; readonly count: number; readonly sighting: boolean }[];
  readonly keys: readonly string[];
  readonly functions: readonly string[];
  readonly procedures: readonly string[];
}

export interface Import {
  readonly batch: number;
  readonly source: string;
  readonly file: string;
  readonly file_sha256?: string;
  readonly mapping: string;
  readonly person?: string;
  readonly case?: string;
  readonly received_us: number;
  readonly rows: number;
  readonly published: boolean;
}

export interface ImportList {
  readonly imports: readonly Import[];
  readonly total: number;
}

export interface Operation {
  readonly id: string;
  readonly name: string;
  readonly case: string;
  readonly owner_unit: string;
  readonly members: readonly Unit[];
  readonly state: 'open' | 'closed';
  readonly created_us: number;
  readonly created_by: string;
  readonly people: number;
}

export interface NewOperation {
  readonly name: string;
  readonly case: string;
  readonly members?: readonly string[];
}

export interface Ticket {
  readonly ticket: string;
  readonly url: string;
  readonly expires_us: number;
}

export interface ErrorInfo {
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly line?: number;
  readonly column?: number;
  readonly caret?: string;
  readonly retry_after_s?: number;
}
