/** Cases that do not pass yet. The test fails for one that is listed here and passes. */

export const WAITING: readonly string[] = [];
