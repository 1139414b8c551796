/** AWS clients, made on first use and kept. Every request has a limit: a region that hangs must not hang a run. */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { Route53Client } from '@aws-sdk/client-route-53';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';

const timeouts = { connectionTimeout: 3_000, requestTimeout: 8_000, throwOnRequestTimeout: true };

export class AwsClients {
  private readonly ec2Clients = new Map<string, Promise<EC2Client>>();
  private readonly rdsClients = new Map<string, Promise<RDSClient>>();
  private readonly cloudWatchClients = new Map<string, Promise<CloudWatchClient>>();
  private readonly quotaClients = new Map<string, Promise<ServiceQuotasClient>>();
  private route53Client: Promise<Route53Client> | undefined;

  ec2(region: string): Promise<EC2Client> {
    return perRegion(this.ec2Clients, region, async () => {
      const { EC2Client } = await import('@aws-sdk/client-ec2');
      return new EC2Client({ region, requestHandler: timeouts });
    });
  }

  rds(region: string): Promise<RDSClient> {
    return perRegion(this.rdsClients, region, async () => {
      const { RDSClient } = await import('@aws-sdk/client-rds');
      return new RDSClient({ region, requestHandler: timeouts });
    });
  }

  cloudWatch(region: string): Promise<CloudWatchClient> {
    return perRegion(this.cloudWatchClients, region, async () => {
      const { CloudWatchClient } = await import('@aws-sdk/client-cloudwatch');
      return new CloudWatchClient({ region, requestHandler: timeouts });
    });
  }

  serviceQuotas(region: string): Promise<ServiceQuotasClient> {
    return perRegion(this.quotaClients, region, async () => {
      const { ServiceQuotasClient } = await import('@aws-sdk/client-service-quotas');
      return new ServiceQuotasClient({ region, requestHandler: timeouts });
    });
  }

  /** Route 53 has one control plane; the region only signs the request. */
  route53(): Promise<Route53Client> {
    this.route53Client ??= import('@aws-sdk/client-route-53').then(
      ({ Route53Client }) => new Route53Client({ region: 'us-east-1', requestHandler: timeouts }),
    );
    return this.route53Client;
  }
}

function perRegion<Client>(
  kept: Map<string, Promise<Client>>,
  region: string,
  make: () => Promise<Client>,
): Promise<Client> {
  const client = kept.get(region) ?? make();
  kept.set(region, client);
  return client;
}
