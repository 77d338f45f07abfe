/** Published TUF metadata in S3 through `@aws-sdk/client-s3`, an optional peer. */
export { S3MetadataFiles, type S3StorageOptions } from "../infrastructure/storage/s3-metadata-files.js";
