import type { TypeDeadlines, Within } from './deadlines.js';

/** An example of a type's folder: a whole event in the structured JSON form of CloudEvents. */
export interface AcceptedExample {
  /** File name without `.json`. */
  readonly name: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** An example that must be refused, and the finding that must say why. */
export interface RejectedExample extends AcceptedExample {
  /** Name of the rule that the finding carries. */
  readonly trips: string;
  /** JSON Pointer of the finding. */
  readonly at: string;
}

/**
 * Where in the content a value stands: `pointer` is relative to every resource of that type, `*` is every item of an array.
 * In content that is not FHIR, `resource` is empty and the pointer starts at the root.
 */
export interface ContentPointer {
  readonly resource: string;
  readonly pointer: string;
}

/** How many resources of one type the Bundle holds; without `max`, any number. */
export interface Count {
  readonly min: number;
  readonly max?: number;
}

/** What the MessageHeader of the type says, and which resources come with it. Parameters of the rule `message-definition`. */
export interface MessageDefinition {
  /** The event of the MessageHeader: a coding, or a URI. */
  readonly event: { readonly system: string; readonly code: string } | { readonly uri: string };
  /** Code system of `MessageHeader.reason`. */
  readonly reasonSystem?: string;
  /** Code system that tells referral and validation apart in `ServiceRequest.category`. */
  readonly categorySystem?: string;
  readonly counts: Readonly<Record<string, Count>>;
}

/** One meaning that content of the type may have. The content must match one of them whole. */
export interface ContentState {
  /** In words, for the documentation and for findings: `new referral`, `did not attend`. */
  readonly name: string;
  readonly reasons?: readonly string[];
  readonly categories?: readonly string[];
  /** Resource type that `MessageHeader.focus` points at. */
  readonly focus?: string;
  /** Whether `MessageHeader.response` must name the message that is answered. */
  readonly response?: boolean;
  /** Resource type → statuses of this meaning. */
  readonly status: Readonly<Record<string, readonly string[]>>;
}

/** What `type.json` holds: the contract of an event type as data. */
export interface TypeDescription {
  /** `org.signalbox.<family>.<event>.v<version>`. */
  readonly type: string;
  readonly title: string;
  /** One sentence. */
  readonly description: string;
  /** Who decides about changes of the contract. */
  readonly owner: string;
  readonly status: 'draft' | 'active' | 'deprecated' | 'retired';
  /** State of the contract → ISO date on which it began. */
  readonly dates: Readonly<Record<string, string>>;
  /** The type that takes over from a deprecated or retired one. */
  readonly replacedBy?: string;
  /** Media type that `datacontenttype` must name. */
  readonly dataContentType: string;
  /** How sensitive the content is, in the words of the organisation that owns the catalogue. */
  readonly classification: string;
  /** Attributes that this type asks for beyond the base. */
  readonly requires: readonly string[];
  /** Named rules that the content must meet beside its schema. */
  readonly rules: readonly string[];
  readonly message?: MessageDefinition;
  readonly states?: readonly ContentState[];
  /** Business identifiers by which a journey can be found. */
  readonly identifiers: readonly (ContentPointer & { readonly name: string })[];
  /** Where the patient's identifiers stand; the one in a national NHS number system counts. */
  readonly patient?: ContentPointer;
  /** What the journey waits for after this event, and whose move that is. */
  readonly awaits?: {
    readonly text: string;
    readonly next: readonly string[];
    readonly by: 'receiver' | 'publisher';
    /** Meanings (`states`) of the event after which it is waited for; absent: every one. */
    readonly of?: readonly string[];
    /** The clocks that it starts. */
    readonly within?: readonly Within[];
  };
  /** Whether this event ends what the journey waited for. */
  readonly closes?: boolean;
  /** By when an event must have been delivered, and acknowledged by a system; past it a person is told. */
  readonly deadlines?: TypeDeadlines;
  /**
   * What becomes of an event that comes after a newer version of it: `deliver-late` (absent means this) delivers it with a
   * mark, `hold` parks it until a person decides.
   */
  readonly stale?: 'deliver-late' | 'hold';
}

/** An event type of the catalogue: its description and everything else that its folder holds. */
export interface EventType extends TypeDescription {
  readonly family: string;
  readonly event: string;
  readonly version: number;
  /** JSON Schema 2020-12 of the content. */
  readonly schema: object;
  readonly readme: string;
  readonly examples: { readonly accepts: readonly AcceptedExample[]; readonly rejects: readonly RejectedExample[] };
  /** SHA-256 over all files of the folder and the shared schema, in hex: changes whenever the contract does. */
  readonly digest: string;
  /** Absolute path. */
  readonly folder: string;
}
