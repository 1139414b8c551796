/** A storage location as a person without Muster reaches it: for the key card. */
import type { StorageLocation } from '../plan/storage.ts';

export interface ByHandPlace {
  readonly url: string;
  readonly facts: string;
  /** Shows what is below a folder of the location. */
  list(path: string): string;
  /** Brings a folder of the location below the current folder, as `path`. */
  fetch(path: string): string;
  /** What `restore.sh --from` takes, where it can read the location itself. */
  readonly from?: string;
}

export function byHandPlace(location: StorageLocation): ByHandPlace {
  const { driver, prefix, region } = location;
  const inside = (path: string) => [prefix, path].filter(Boolean).join('/');
  const facts = (endpoint?: string) => [`region ${region}`, ...(endpoint ? [`endpoint ${endpoint}`] : [])].join(', ');
  switch (driver) {
    case 's3': {
      const { bucket, endpoint } = location;
      const aws = `aws${endpoint ? ` --endpoint-url ${endpoint}` : ''} s3`;
      const root = `s3://${[bucket, prefix].filter(Boolean).join('/')}`;
      return {
        url: root,
        facts: facts(endpoint),
        list: (path) => `${aws} ls ${root}/${path}/`,
        fetch: (path) => `${aws} cp --recursive ${root}/${path} ${path}`,
        from: `${root}${endpoint ? ` --endpoint ${endpoint}` : ''}`,
      };
    }
    case 'azure': {
      const { account, container, endpoint } = location;
      const which = `--account-name ${account}${endpoint ? ` --blob-endpoint ${endpoint}` : ''}`;
      return {
        url: `azure ${account}/${inside('') ? `${container}/${prefix}` : container}`,
        facts: facts(endpoint),
        list: (path) =>
          `az storage blob list ${which} -c ${container} --prefix ${inside(path)}/ --delimiter / -o table`,
        fetch: (path) =>
          `az storage blob download-batch ${which} -s ${container} -d . --pattern '${inside(path)}/*'${prefix ? ` && cp -r ${prefix}/. .` : ''}`,
      };
    }
    case 'gcs': {
      const root = `gs://${[location.bucket, prefix].filter(Boolean).join('/')}`;
      return {
        url: root,
        facts: facts(location.endpoint),
        list: (path) => `gcloud storage ls ${root}/${path}/`,
        fetch: (path) => `mkdir -p ${path} && gcloud storage rsync -r ${root}/${path} ${path}`,
      };
    }
    case 'local': {
      const root = [location.folder, prefix].filter(Boolean).join('/');
      return {
        url: root,
        facts: `folder on a worker's machine, ${facts()}`,
        list: (path) => `ls ${root}/${path}`,
        fetch: (path) => `mkdir -p ${path} && cp -r ${root}/${path}/. ${path}`,
        from: root,
      };
    }
  }
}
