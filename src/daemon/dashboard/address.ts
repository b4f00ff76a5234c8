/** Where the dashboard is, below the URL of the admin API. */
export function dashboardUrl(admin: string): string {
  return `${admin}/dashboard/`;
}

/** The same with a code of the terminal. Behind "#" it is not sent to anybody, and in no log of a proxy. */
export function signInUrl(admin: string, code: string): string {
  return `${dashboardUrl(admin)}#code=${code}`;
}
