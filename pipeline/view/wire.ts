/** What travels between the page and its server, as JSON. */

import type { Attribute } from "../face/attributes.ts";
import type { Split } from "../face/record.ts";
import type { EpochEntry } from "../report/training_log.ts";

/** `GET /api/about`: what is looked at. */
export interface About {
  /** Folder of the faces. */
  readonly dataset: string;
  /** How many faces there are. */
  readonly faces: number;
  /** The landmarks file, or null if there is none. */
  readonly landmarks: string | null;
  /** Whether faces have labels. */
  readonly isLabelled: boolean;
  readonly correcting: Correcting;
  /** The file that labels are corrected in; null where they are not. */
  readonly correctedLabels: string | null;
  /** Names of the runs. */
  readonly runs: readonly string[];
}

/** The landmarks file that faces are corrected in; or a sentence why they are not, and what to do about it. */
export type Correcting = { readonly file: string } | { readonly off: string };

/** Whether a face has points: found, rejected with a reason, or null where no landmarks are known yet. */
export type FaceState = "found" | "rejected" | null;

/** A face as the grid shows it. */
export interface ListedFace {
  /** Its place in the data set: what tells it from others in all requests. */
  readonly id: number;
  /** Its name. */
  readonly image: string;
  readonly state: FaceState;
  /** What the faces are ordered by, where they are: the greater, the more wrong a run is. */
  readonly score?: number;
}

/** `GET /api/faces?…&from=0&count=100`: a stretch of the faces that a query chooses. */
export interface FacePage {
  /** How many faces the query chooses. */
  readonly total: number;
  /** Grows when any face changes. */
  readonly version: number;
  readonly faces: readonly ListedFace[];
}

/** `GET /api/faces/ID`: all that is known of a face. */
export interface FaceDetail extends ListedFace {
  /** Where its image lies, from the root on. */
  readonly path: string;
  readonly split: Split | null;
  /** Null where the face is not labelled. */
  readonly labels: readonly Attribute[] | null;
  /** x0, y0, x1, y1, … in pixels of the image (136 numbers), or null. */
  readonly points: readonly number[] | null;
  /** Why it has none. */
  readonly reason: string | null;
  /** How often it was changed by hand; a change says of which revision it is. */
  readonly revision: number;
  /** Whether a person's word counts, and not that of the search. */
  readonly isCorrected: boolean;
  /** How often its labels were changed by hand. */
  readonly labelRevision: number;
}

/** `PUT /api/faces/ID/labels`: what a face has. Answered with its {@linkcode FaceDetail}. */
export interface LabelsChange {
  /** All attributes that it has. */
  readonly labels: readonly Attribute[];
  /** The `labelRevision` that was looked at. */
  readonly revision: number;
}

/** `PUT /api/faces/ID/points`: where a face's points are. Answered with its {@linkcode FaceDetail}. */
export interface PointsChange extends FaceRevision {
  /** x0, y0, x1, y1, … in pixels of the image (136 numbers) */
  readonly points: readonly number[];
}

/**
 * `POST /api/faces/ID/no-face`: there is none; `DELETE /api/faces/ID/correction`: what the search said counts.
 * Answered with its {@linkcode FaceDetail}.
 */
export interface FaceRevision {
  /** The one that was looked at. */
  readonly revision: number;
}

/** `POST /api/faces/ID/refine` (`{points}`): where the program's own predictor sees the face of these points. */
export interface Refined {
  /** As of {@linkcode PointsChange}; null if it finds none. */
  readonly points: readonly number[] | null;
}

/** What a change is answered with, with status 409, if the face has been changed elsewhere meanwhile. */
export interface ChangeRefusal extends Refusal {
  /** As it is now. */
  readonly face: FaceDetail;
}

/** `GET /api/faces/ID/place?…`: where a face stands among those that a query chooses. */
export interface FacePlace {
  /** Counted from 0; -1 if the query does not choose it. */
  readonly place: number;
  readonly total: number;
  /** Ids of its neighbours. */
  readonly previous: number | null;
  readonly next: number | null;
}

/** Numbers of 8 bits, row by row, in base64: a picture's are its red, green and blue ones. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: string;
}

/** `POST /api/try?…`: what networks say of the faces of a photograph, or of faces of the data set; at least one. */
export interface Tried {
  readonly faces: readonly TriedFace[];
}

/** A face and what networks say of it, in the order in which they were asked. */
export interface TriedFace {
  readonly face: Pixels;
  readonly said: readonly TriedBy[];
}

/** What the network of a run says of a face. */
export interface TriedBy {
  readonly run: string;
  /** Those that it has learnt. */
  readonly attributes: readonly TriedAttribute[];
  /** u8 [attributes, h, w]: where it sees each of them; 255 is certain. */
  readonly maps: Pixels;
}

/** What a network says of an attribute. */
export interface TriedAttribute {
  readonly name: Attribute;
  readonly probability: number;
  /** The probability above which it counts. */
  readonly threshold: number;
  readonly isPresent: boolean;
}

/** `GET /api/runs`: how far a run is. */
export interface RunState {
  readonly name: string;
  /** Null where its configuration cannot be read. */
  readonly preset: string | null;
  readonly dataset: string | null;
  /** Why nothing else is known of it. */
  readonly fault: string | null;
  readonly state: "trains" | "stopped" | "finished";
  /** Epochs that are done, and that are asked for. */
  readonly epochs: number;
  readonly ofEpochs: number;
  /** Steps that are done, as far as the log knows, and of all epochs that are asked for. */
  readonly steps: number;
  readonly ofSteps: number;
  /** Counted from 0; null before the first validation. */
  readonly bestEpoch: number | null;
  /** What the log says of the last epoch. */
  readonly last: EpochEntry | null;
  /** Of the last epoch, or as far as it has been watched; null where nothing is known. */
  readonly imagesPerSecond: number | null;
  /** Without validation; null where it does not train or nothing is known. */
  readonly secondsLeft: number | null;
  /** Whether it has been evaluated. */
  readonly hasReport: boolean;
}

/** `GET /api/runs/NAME`: all that is known of a run but its log. */
export interface RunDetail extends RunState {
  readonly folder: string;
  /** What it trains with, each by its name. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Settings that its preset has otherwise. */
  readonly changed: readonly ChangedSetting[];
  /** A command that does what is to be done next, and what that is; null where it trains, or all is done. */
  readonly next: { readonly does: string; readonly command: string } | null;
  /** Epochs (from 0) whose networks are kept, in their order. */
  readonly keptEpochs: readonly number[];
}

/** A setting by its name in `config.json`, its value, and that of the preset. */
interface ChangedSetting {
  readonly name: string;
  readonly value: string;
  readonly preset: string;
}

/** `GET /api/runs/NAME/log`: what a run has measured so far. */
export interface RunLog {
  readonly epochs: readonly EpochEntry[];
  readonly steps: StepCurve;
}

/** What steps measured; a value is the mean of those that lie together, or null. */
export interface StepCurve {
  /** How many steps lie together. */
  readonly stride: number;
  /** Where they lie: counted from 0, and in epochs. */
  readonly steps: readonly number[];
  readonly epochs: readonly number[];
  readonly attributeLoss: readonly (number | null)[];
  readonly maskLoss: readonly (number | null)[];
  readonly learningRate: readonly (number | null)[];
}

/** What every refused request is answered with. */
export interface Refusal {
  readonly error: string;
}

/** What pages are told by `GET /api/events` without asking. */
export type Told =
  /** The server is there. */
  | { readonly type: "hello" }
  /** Faces have changed, or more is known of them. */
  | { readonly type: "faces"; readonly version: number }
  /**
   * Where what was corrected is: in the landmarks file; in the journal alone, for the file cannot be written now;
   * or in the journal for a moment.
   */
  | {
    readonly type: "saving";
    readonly state: "saved" | "journal" | "waiting";
    readonly text: string;
  };
