/** Autonomous systems whose addresses are mostly rented servers, without those that people also browse through (Cloudflare, Akamai's relays). */
const HOSTING_SYSTEMS: ReadonlySet<number> = new Set([
  16509, 14618, // Amazon
  396982, 19527, // Google Cloud
  8075, // Microsoft
  31898, // Oracle
  45102, 37963, // Alibaba
  132203, 45090, // Tencent
  136907, 55990, // Huawei
  14061, // DigitalOcean
  24940, 213230, 212317, // Hetzner
  16276, // OVH
  63949, // Linode
  20473, // Vultr
  12876, // Scaleway
  51167, // Contabo
  60781, 28753, 30633, // Leaseweb
  8560, // IONOS
  197540, // netcup
  9009, // M247
  47583, // Hostinger
  33070, 27357, // Rackspace
  36351, // IBM Cloud
  54825, // Equinix Metal
  202053, // UpCloud
  40509, // Fly.io
  60068, 212238, // Datacamp
  200350, // Yandex Cloud
  49505, // Selectel
  31034, // Aruba
  26496, // GoDaddy
  26347, // DreamHost
  22612, // Namecheap
  40676, // Psychz
  8100, // QuadraNet
  36352, // ColoCrossing
  49981, // Worldstream
]); // prettier-ignore

export function isHostingSystem(number: number): boolean {
  return HOSTING_SYSTEMS.has(number);
}
