export { ROLES, type Role } from '@signalbox/registry';
