
export const other = 'devops_engineer';
