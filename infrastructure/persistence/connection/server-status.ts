/** `SERVER_STATUS_IN_TRANS` of the protocol: servers tell it along with the answer to a statement without rows. */
export const IN_TRANSACTION = 0x0001;
