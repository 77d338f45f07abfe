import { DataSource, EntitySchema, type DataSourceOptions, type ValueTransformer } from "typeorm";
import {
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  VersionColumn,
} from "typeorm";
import { driverUrl } from "../support/server/server-version.js";

/** Entities as a service team has them, and data sources as it configures them. */

export class Money {
  constructor(readonly cents: number) {}
}

const money: ValueTransformer = {
  to: (value: Money | null | undefined) => (value ? value.cents : value),
  from: (cents: number | null) => (cents === null ? null : new Money(cents)),
};

let nonce = 0;
/** Like a cipher: the same value is never stored the same way twice. */
class Sealed implements ValueTransformer {
  private readonly separator = ":";
  to(value: string): string {
    return `${nonce++}${this.separator}${value}`;
  }
  from(stored: string): string {
    return stored.slice(stored.indexOf(this.separator) + 1);
  }
}

export class Place {
  @Column({ type: "varchar", length: 80, default: "" })
  street!: string;

  @Column({ type: "varchar", length: 40, nullable: true })
  city!: string | null;

  get label(): string {
    return `${this.street}, ${this.city}`;
  }
}

export class Sensor {
  @Column({ type: "int", default: 0 })
  width!: number;

  @Column(() => Place)
  madeIn!: Place;
}

@Entity()
export class Photo {
  @PrimaryGeneratedColumn("uuid")
  id!: string;

  @Column({ type: "varchar", length: 20 })
  title!: string;

  @Column({ type: "text", nullable: true })
  caption!: string | null;

  @Column({ type: "int", default: 0 })
  views!: number;

  @Column({ type: "bigint", default: 0 })
  size!: string | number;

  @Column({ type: "decimal", precision: 8, scale: 2, default: 0 })
  price!: string | number;

  @Column({ type: "double", default: 0 })
  exposure!: number;

  @Column({ default: false })
  hidden!: boolean;

  @Column({ type: "datetime", precision: 3, nullable: true })
  takenAt!: Date | null;

  @Column({ type: "date", nullable: true })
  day!: string | null;

  @Column({ type: "simple-json", nullable: true })
  exif!: Record<string, unknown> | null;

  @Column({ type: "json", nullable: true })
  metadata!: Record<string, unknown> | null;

  @Column("simple-array", { nullable: true })
  tags!: string[] | null;

  @Column({ type: "simple-enum", enum: ["draft", "public"], default: "draft" })
  state!: "draft" | "public";

  @Column({ type: "blob", nullable: true })
  thumbnail!: Buffer | null;

  @Column({ name: "fee_cents", type: "int", nullable: true, transformer: money })
  fee!: Money | null;

  @Column({ type: "varchar", length: 100, default: "0:", transformer: new Sealed() })
  secret!: string;

  @Column(() => Place)
  address!: Place;

  @Column(() => Sensor)
  sensor!: Sensor;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @DeleteDateColumn()
  deletedAt!: Date | null;

  @VersionColumn()
  version!: number;

  @OneToMany(() => Label, (label) => label.photo, { cascade: true })
  labels!: Label[];

  @OneToMany(() => Note, (note) => note.photo, { cascade: true })
  notes!: Note[];

  rename(title: string): void {
    this.title = title;
  }
}

/** Keyed by its own name beside the foreign key. */
@Entity()
export class Label {
  @PrimaryColumn({ type: "varchar", length: 36 })
  photoId!: string;

  @PrimaryColumn({ type: "varchar", length: 40 })
  name!: string;

  @Column({ type: "int", default: 1 })
  weight!: number;

  @ManyToOne(() => Photo, (photo) => photo.labels, { onDelete: "CASCADE" })
  photo!: Photo;
}

/** With a key of its own, and a foreign key that no property shows and nothing cascades. */
@Entity()
export class Note {
  @PrimaryGeneratedColumn("uuid")
  id!: string;

  @Column({ type: "varchar", length: 200 })
  body!: string;

  @CreateDateColumn()
  writtenAt!: Date;

  @ManyToOne(() => Photo, (photo) => photo.notes, { nullable: false })
  photo!: Photo;
}

@Entity()
export class Membership {
  @PrimaryColumn({ type: "varchar", length: 20 })
  team!: string;

  @PrimaryColumn({ type: "int" })
  person!: number;

  @Column({ type: "varchar", length: 20, default: "reader" })
  role!: string;

  @Column({ type: "int", default: 0 })
  logins!: number;

  @VersionColumn()
  version!: number;
}

@Entity()
export class Counter {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: "varchar", length: 20, default: "" })
  name!: string;

  @VersionColumn()
  version!: number;
}

@Entity()
export class Unversioned {
  @PrimaryColumn({ type: "int" })
  id!: number;
}

export interface Camera {
  id: string;
  model: string;
  settings: Record<string, unknown>;
  version: number;
}

export const CameraSchema = new EntitySchema<Camera>({
  name: "Camera",
  columns: {
    id: { type: String, primary: true, length: 36 },
    model: { type: String, length: 40 },
    settings: { type: "simple-json" },
    version: { type: Number, version: true },
  },
});

export const ENTITIES = [Photo, Label, Note, Membership, Counter, Unversioned, CameraSchema];

/** A data source as a service would open it, on the database of a test. */
export async function openDataSource(url: string, settings: Partial<DataSourceOptions> = {}): Promise<DataSource> {
  const common = { entities: ENTITIES, ...settings };
  const options = url.startsWith("sqlite:")
    ? { type: "better-sqlite3", database: url.slice("sqlite:".length), ...common }
    : { type: "mysql", url: driverUrl(url), ...common };
  const dataSource = new DataSource(options as DataSourceOptions);
  return dataSource.initialize();
}
