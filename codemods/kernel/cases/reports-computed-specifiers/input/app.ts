export const load = (name: string) => import(`@hive/core/${name}`);
export const loadAgain = (name: string) => require('@hive/core/' + name + '.js');
export const unrelated = (name: string) => import(`./pages/${name}`);
