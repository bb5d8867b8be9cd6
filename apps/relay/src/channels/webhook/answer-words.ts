/**
 * The words of an endpoint's answer that are kept. Each alone says nothing about a person: no given name, no surname that
 * more than one in forty thousand bears, no finding, sex or state of a patient, no number in words. A word that is missing
 * costs a receiver a hint; a word too many may cost a patient more, so whoever adds one asks that first.
 */

/** Words that join others. Number words are left out: they could spell a number. */
const JOINING = `
  a about above access across after again against ago all allowed almost already also although always among an and
  another any anything are aren't around as at away be because been before began begin behind being below beside
  between beyond both but by can can't cannot come could couldn't did didn't does doesn't doing don't done down due
  during each either empty enough even ever every everything except few fewer first for from further get gets gone
  got had has hasn't have haven't having here how however if in inside instead into is isn't it its itself just kept
  last later least less like longer made make makes maybe might missing most much must neither never next no nobody
  none nor not nothing now nowhere of off often on once one only onto or other others our out outside over own per
  perhaps please possible possibly rather same seems several shall should shouldn't since some something such than
  that the their them then there these they this those though through till to together too twice under unless
  unlikely until up upon us used very via was wasn't we were weren't what when where whereas whether which while
  whole whose why with within without won't would wouldn't yet you your`;

/** What goes wrong, and what is asked for. */
const FAULTS = `
  abort aborted accept acceptable accepted ahead allow allows ambiguous applied apply argument arguments assert
  assertion attempt attempted attempts available avoid bad blocked broken bug busy canceled cancelled capacity cause
  caused causes check checked checks conflict conflicting conflicts contact corrupt crash crashed damaged deadlock
  debug degraded denied deny deprecated detail details diagnostic diagnostics different differs disabled disallowed
  disk duplicate duplicated duplicates enabled ended error errors exceed exceeded exceeds exception exceptions
  exhausted exist existing exists expect expectation expected expects expired expires expiry explain explanation fail
  failed failing fails failure failures fatal fault faulty fix follows forbidden found full halt heap help hint hints
  ignored illegal impossible improper inaccessible incompatible incomplete inconsistent incorrect indicates info
  information instruction insufficient integrity internal interrupted invalid invalidated issue issues known lacking
  lacks larger largest late limit limited limits log logged logs lost maintenance malformed mandatory match matched
  matches matching maximum memory message messages minimum mismatch mistake mistyped moved necessary need needed
  needs notice obsolete occurred occurs offline online operation operational optional outage outdated overflow
  overload overloaded panic parked parse parsed parser parsing partial partially permanent permanently permitted
  precondition prerequisite prevented prevents previous problem problems process processed processing produced
  prohibited queue queued quota rate readable reason reasons recover recoverable recovered refuse refused refuses
  reject rejected rejects repeated replaced report reported require required requirement requirements requires
  reserved resolve resolved restart restarted restarting restricted result resulted retriable retry retryable
  retrying rollback rolled room rule rules says severity shutdown shutting skip skipped slow sorry space started
  starting status stop stopped stopping succeed succeeded success successful successfully suspended temporarily
  temporary thread threads throttled throttling thrown timed timeout timeouts took trace traceback transient tries try
  trying type typo unable unacceptable unaccepted unauthenticated unauthorised unauthorized unavailable undefined
  unexpected unexpectedly unhandled unimplemented unique uniqueness unknown unmapped unprocessable unreachable
  unreadable unrecognised unrecognized unregistered unresolved unsuitable unsupported unusable unused upgrade valid
  validate validated validation validator violated violates violation violations void wait waited waiting warn
  warning warnings went work worked working works wrong`;

/** Protocols, the parts of a page, and products that answer in their own words. */
const EXCHANGING = `
  amp apache api apis app application applications async auth authenticate authenticated authentication authorisation
  authorise authorised authorization authorize authorized aws azure backend basic bearer bodies body br browser byte
  bytes cache cached callback center certificate certificates challenge charset choices chunk chunked client clients
  cloudflare compressed compression connect connected connecting connection connections content contents continue
  cookie cors created credential credentials data datatype decode decoded decoding delete deleted dependency digest
  disconnect disconnected div dns docker doctype domain dotnet download downstream egress elasticsearch encode
  encoded encoding encrypted encryption endpoint endpoints entity envoy etag express extended file files firewall
  folder form format formats formatted forward frontend gateway golang gt gzip handler handlers handshake haproxy
  header headers hibernate hmac host hostname hosts hr html http https idempotency idempotent iis implemented
  incoming ingress input inputs interface ip issuer java javascript jdbc json jwt kafka keepalive kotlin kubernetes
  laravel latency legal length line listen listener load location locked login loop lt mariadb media method methods
  microservice mime misdirected modified mongodb mtls multipart multiple mysql nats nbsp negotiates network nginx
  node nodejs oauth octets odbc option options oracle origin orm outgoing output overlong parameter parameters params
  password patch path paths payload payment permission permissions php port postgres postgresql prisma protocol
  proxied proxy public put python query quot rabbitmq range reached reading receive received receiver receives
  receiving redirect redirected redirection redirects redis refresh remote reply request requested requests reset
  resolver resource resources respond responded response responses rest restful role roles route routed router routes
  routing satisfiable schema schemas schemes scope scopes secret secrets secure security send sender sending sends
  sent server serverless servers service services session set sign signature signatures signed signing site size
  socket sockets span sql sqlite sqlserver ssl storage stream streaming style subdomain table tcp td teapot text th
  title tls token tokens tomcat tr traffic transfer transferred transmission transport trusted tunnel typescript ul
  unsigned upload upstream uris url urls urn user username users utf utf8 variant verification verified verify
  verifying version versions web webhook webhooks website websocket write writing written xml yaml`;

/** Databases and formats. */
const STORING = `
  alias array arrays batch batches bigint blob bool boolean brace bracket brackets buffer bulk cascade character
  characters column columns comma commit committed constraint constraints count cursor database databases dates
  datetime decimal default defaults delimiter dictionary digit digits document documents double element elements
  entries entry enum enumeration escape exclusive false float foreign function functions group guid hyphen id
  identifier identifiers ids index indexes insert inserted inserting instance integer integers isolation item items
  join letter letters list lists literal locks lookup lower lowercase map mapped mapper mapping mappings mode model
  module name named names namespace nested nulls number numeric object objects offset operator order ordered ordering
  pattern position precision prefix primary private procedure properties property quote quotes reference referenced
  references referential regex relation replica replication repository row rows save saved script select sequence
  serialization serialize serialized shard slash snapshot sort statement statements store stored string strings
  structure subject suffix sum syntax system systems tables tag tags task tasks time times timestamp timezone
  transaction transactions trigger triggers truncated tuple types unit units update updated updating upper uppercase
  uuid value values varchar variable variables view views whitespace words`;

/** Programs and where they run. */
const RUNNING = `
  class classes cluster compile config configuration configure configured constructor container deploy deployed
  deployment deployments environment extension extensions feature flag hardware image initialise initialised
  initialize initialized ioexception loader machine member members metrics monitor native nullpointer package
  pipeline plugin pod production reflection release runtime schedule scheduled scheduler setting settings software
  staging tenant test tested tests worker workers workflow`;

/** CloudEvents, deliveries and this exchange. */
const EVENTS = `
  accepts acknowledge acknowledged acknowledgement address agreed attribute attributes binary bundle bundles
  causation causationid channel channels cloudevent cloudevents code coded codes coding corrected correction
  corrections correlation correlationid critical datacontenttype dataref dataschema deliver delivered deliveries
  delivery destination event events eventtype handle handled journey marked notification notifications opt opted
  partition partitionkey publish published publisher publishers recipient recipients recordedtime replay replayed
  replays routine seek signalbox source sourceorg sources sourcestatus specversion structured subscribe subscriber
  subscribers subscription subscriptions supersede superseded supersedes targetorg topic topics traceparent
  tracestate urgency urgent withdrawal withdrawn withdraws`;

/** FHIR resources and elements, and words of care that are nobody’s finding, sex, or state. */
const CARE = `
  abatement account activity actor agent allergy allergyintolerance ambulance amount annotation answer appointment
  appointmentresponse appointments attachment attester auditevent author authored availability based basedon birth
  birthdate bodystructure booked booking bookings cancel cancellation care careplan careteam category cds chargeitem
  city claim classification clinic clinicalimpression clinician clinics codeable codeableconcept codesystem
  communication communicationrequest composition concept conceptmap condition consent contactpoint contained
  contenttype context contract coordinates core country coverage creation culprit dataset demographics department
  description device devicerequest diagnosticreport dicom discharge display displayed district documentmanifest
  documentreference dosage duration effective effectivedatetime ehr emr encounter encountered episode episodeofcare
  epr ers evidence experience export expression family familymemberhistory fhir fullurl generated goal gp groups
  guidanceresponse healthcare healthcareservice hl7 hospital hospitals identification identity imaging imagingstudy
  immunisation immunization implicit import imported importing instant instantiates intent interpretation issued
  jurisdiction kind lab laboratory language lastupdated library lims linkage locations loinc manager managing
  markdown measure medication medicationadministration medicationdispense medicationrequest medicationstatement
  merged mesh messageheader modifier mpi namingsystem narrative nhs nutritionorder observation observations
  occurrence ods oid onset operationdefinition operationoutcome orders organisation organisations organization
  organizations organizer outcome owner part participant participants party pas pathway pathways patient patients pds
  performed performer performers period phone placer plandefinition postal postcode practice practices practitioner
  practitionerrole practitioners preferred priority profile profiles provenance provider providers purpose
  qualification quantity questionnaire questionnaireresponse r4 r5 reasoncode reasonreference rebooked record
  recorded recorder records referral referrals registered registration registry relatedperson relationship rendered
  replaces requester requestgroup requisition reschedule rescheduled researchstudy resourcetype responsible
  riskassessment searchparameter section series servicerequest slot slots snomed specialty specimen specimens start
  state statusreason structuredefinition stu3 substance supplydelivery supplyrequest supporting supportinginfo
  surgery telecom terminology timing trust ucum uk unmerge use v2 valuequantity valueset valuestring
  visionprescription vocabulary xhtml`;

/** In lower case. */
export const ANSWER_WORDS: ReadonlySet<string> = new Set(
  [JOINING, FAULTS, EXCHANGING, STORING, RUNNING, EVENTS, CARE].flatMap((words) => words.trim().split(/\s+/)),
);
