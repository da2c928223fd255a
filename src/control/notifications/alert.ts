/** One thing to be told, as the receiver gets it: see docs/notifications.md. Names are Cloudflare's where it has one. */
export interface Alert {
  readonly alert_type: AlertType;
  readonly account_id: string;
  /** RFC 3339, UTC: when it happened. */
  readonly timestamp: string;
  /** For a person. */
  readonly text: string;
  readonly data: HealthData | EnablementData | TunnelHealthData | TunnelUpdateData;
}

export type AlertType =
  | 'load_balancing_health_alert'
  | 'load_balancing_pool_enablement_alert'
  | 'tunnel_health_event'
  | 'tunnel_update_event';

type NewHealth = 'Healthy' | 'Unhealthy';

export interface NamedPool {
  readonly id: string;
  readonly name: string;
}

export interface HealthData {
  readonly event_source: 'pool' | 'origin';
  readonly pool: NamedPool;
  /** Of the pool, for a pool. */
  readonly new_health?: NewHealth;
  /** Those that have changed, for origins. */
  readonly origins?: readonly {
    readonly name: string;
    readonly address: string;
    readonly new_health: NewHealth;
    readonly failure_reason: string;
  }[];
  /** The monitor that has found it, when it is one that has no say. */
  readonly monitoring_only?: string;
}

export interface EnablementData {
  readonly pool: NamedPool;
  readonly enabled: boolean;
}

export interface TunnelHealthData {
  readonly tunnel_id: string;
  readonly tunnel_name: string;
  readonly new_status: string;
}

export interface TunnelUpdateData {
  readonly tunnel_id: string;
  readonly tunnel_name: string;
  readonly action: 'created' | 'updated' | 'deleted';
}

export const timestampOf = (unixMs: number) => new Date(unixMs).toISOString();
