/** AWS clients, made on first use and kept. Every request has a limit: a region that hangs must not hang a run. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Route53Client } from '@aws-sdk/client-route-53';

const timeouts = { connectionTimeout: 3_000, requestTimeout: 8_000, throwOnRequestTimeout: true };

export class AwsClients {
  private readonly ec2Clients = new Map<string, Promise<EC2Client>>();
  private route53Client: Promise<Route53Client> | undefined;

  ec2(region: string): Promise<EC2Client> {
    let client = this.ec2Clients.get(region);
    if (!client) {
      client = import('@aws-sdk/client-ec2').then(
        ({ EC2Client }) => new EC2Client({ region, requestHandler: timeouts }),
      );
      this.ec2Clients.set(region, client);
    }
    return client;
  }

  /** Route 53 has one control plane; the region only signs the request. */
  route53(): Promise<Route53Client> {
    this.route53Client ??= import('@aws-sdk/client-route-53').then(
      ({ Route53Client }) => new Route53Client({ region: 'us-east-1', requestHandler: timeouts }),
    );
    return this.route53Client;
  }
}
